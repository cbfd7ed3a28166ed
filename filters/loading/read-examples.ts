import { ObjectReader } from './object-reader.js';
import { readScore, readStatus, readTexts } from './read-values.js';
import type { Example, ExampleExpectation } from '../rule-set.js';

const EXAMPLE_MEMBERS = ['Line', 'Lines', 'Expect', 'Synthetic'];
const EXPECT_MEMBERS = ['Subject', 'Context', 'Status', 'Score'];

/** Reads an entry's Examples; those that cannot be used are left out, with the reason among the problems. */
export function readExamples(entry: ObjectReader): readonly Example[] {
  const examples: Example[] = [];
  for (const [index, node] of (entry.member('Examples', 'array')?.items ?? []).entries()) {
    const part = `${entry.part}, example ${index + 1}`;
    const reader = ObjectReader.open(node, part, EXAMPLE_MEMBERS, entry.problems);
    const example = reader === null ? null : readExample(reader);
    if (example !== null) examples.push(example);
  }
  return examples;
}

function readExample(reader: ObjectReader): Example | null {
  const lines = readLines(reader);
  const isSynthetic = reader.flag('Synthetic');
  const expectNode = reader.raw('Expect');
  if (expectNode === undefined) {
    reader.error(
      reader.node,
      'Expect is missing; it says what the entry makes of the line, or is null for nothing',
    );
    return null;
  }
  const expect = expectNode.kind === 'null' ? null : readExpectation(reader);
  return lines === null || expect === undefined ? null : { lines, expect, isSynthetic };
}

function readLines(reader: ObjectReader): readonly string[] | null {
  const line = reader.raw('Line');
  const lines = reader.raw('Lines');
  if ((line === undefined) === (lines === undefined)) {
    reader.error(reader.node, 'an example has either Line or Lines');
    return null;
  }
  const text = reader.member('Line', 'string')?.value;
  const texts =
    lines === undefined ? (text === undefined ? null : [text]) : readTexts(reader, 'Lines', 'a line');
  if (texts?.some((one) => /[\r\n]/.test(one)) === true) {
    reader.error(
      line ?? lines ?? reader.node,
      'a line holds a line end; give each line its own place in Lines',
    );
    return null;
  }
  return texts;
}

/** Undefined, with the reasons among the problems, when it cannot be used. */
function readExpectation(example: ObjectReader): ExampleExpectation | undefined {
  const node = example.member('Expect', 'object');
  if (node === null) return undefined;
  const reader = new ObjectReader(node, `${example.part}, Expect`, EXPECT_MEMBERS, example.problems);
  const statusNode = reader.member('Status', 'string');
  const scoreNode = reader.member('Score', 'string', 'number');
  return {
    subject: reader.member('Subject', 'string')?.value ?? null,
    context: reader.member('Context', 'string')?.value ?? null,
    status: statusNode === null ? null : readStatus(reader, statusNode),
    score: scoreNode === null ? null : readScore(reader, scoreNode),
  };
}
