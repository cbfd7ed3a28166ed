import { LiteralScanner } from '../filters/literal-scanner.js';
import type { ExampleFinding } from '../filters/examples.js';
import type { ExampleReader } from '../filters/lint/examples-lint.js';
import type { Matcher } from '../filters/matcher.js';
import type { LogPlugin, LogRecord } from '../plugins/log-plugin.js';
import type { Origin } from './finding.js';
import { observe } from './observe.js';
import { RecordReader, type ActiveRules } from './record-reader.js';
import { LineSplitter } from './tail/line-splitter.js';

/** Sees the records one after the other, each with the stream that it came from. */
type Visit = (record: LogRecord, origin: Origin, stream: ReturnType<LogPlugin['openStream']>) => void;

/**
 * Reads log excerpts as the agent would, through its own reader, so that the skipping of lines and the
 * joining of traces take part. Each excerpt is the start of a fresh log.
 */
export function exampleReader(plugin: LogPlugin, matcher: Matcher): ExampleReader {
  const literals = matcher.literals(plugin.verbatimFields);
  const scanner = literals === null ? null : new LiteralScanner([...literals, ...plugin.memoryLiterals]);
  // For records as such: none is skipped, and each waits for its trace.
  const everything: Matcher = {
    match: (fields) => matcher.match(fields),
    needsDetail: () => true,
    literals: () => null,
    knownSubjectsOnly: matcher.knownSubjectsOnly,
  };
  return {
    replay: (lines) => {
      const findings: ExampleFinding[] = [];
      readLines(lines, plugin, { scanner, matcher }, (record, origin, stream) => {
        const observed = observe(record, origin, matcher, stream);
        if (observed.kind !== 'finding') return;
        const { rule, subject, context, status, score } = observed.finding;
        findings.push({ rule: rule.id, subject, context, status, score });
      });
      return findings;
    },
    records: (lines) => {
      const records: LogRecord['fields'][] = [];
      readLines(lines, plugin, { scanner: null, matcher: everything }, ({ fields }) => records.push(fields));
      return records;
    },
  };
}

/** Reads lines, given without their line ends, as the start of a fresh log. */
export function readLines(
  lines: readonly string[],
  plugin: LogPlugin,
  rules: ActiveRules,
  visit: Visit,
): void {
  const stream = plugin.openStream();
  const reader = new RecordReader({
    rules: () => rules,
    stream,
    text: 'example',
    startOffset: 0,
    onRecord: (record, origin) => visit(record, origin, stream),
    onDrop: () => undefined,
    counts: { lines: 0, candidates: 0, records: 0, continuations: 0 },
  });
  const log = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  for (const region of new LineSplitter().push(log, 0)) reader.push(region);
  reader.flush();
}
