import type { FiredEntry, LogExplanation } from '../../agent/explain-log.js';
import type { RuleSet } from '../../filters/rule-set.js';
import { statusName } from '../../protocol/model.js';

const MOST_SUBJECTS = 6;
const LINE_WIDTH = 240;
/** Below it the log is probably not of the format that the plugin reads. */
const GOOD_PARSE_RATE = 0.99;

const SAY_WHOSE = "the plugin's options say it, see hview-logtail --help";

/** What a rule set makes of a log, for people. `top`: how many kinds of messages are shown. */
export function formatExplanation(explained: LogExplanation, ruleSet: RuleSet, top: number): string {
  return [
    ...formatLines(explained),
    '',
    ...formatFired(explained, ruleSet),
    '',
    ...(explained.lines.records === 0 ? [] : [...formatMisses(explained, top), '']),
  ].join('\n');
}

/** Everything, as one JSON object; times in ISO 8601. */
export function explanationToJson(explained: LogExplanation): string {
  const { firstMs, lastMs, fired, ...rest } = explained;
  return `${JSON.stringify(
    {
      first: isoTime(firstMs),
      last: isoTime(lastMs),
      ...rest,
      fired: fired.map(({ firstMs: first, lastMs: last, ...entry }) => ({
        ...entry,
        first: isoTime(first),
        last: isoTime(last),
      })),
    },
    null,
    2,
  )}\n`;
}

function* formatLines({ lines, firstMs, lastMs }: LogExplanation): Generator<string> {
  const dropped = Object.entries(lines.dropped).map(([reason, count]) => `${thousands(count)} ${reason}`);
  yield `Lines: ${thousands(lines.lines)}`;
  yield (
    `  records read        ${thousands(lines.records)}` +
    (firstMs === null ? '' : ` (${isoTime(firstMs) ?? ''} to ${isoTime(lastMs) ?? ''})`)
  );
  yield `  continuation lines  ${thousands(lines.continuations - lines.unparsable + (lines.dropped['bad-time'] ?? 0))}`;
  if (dropped.length > 0) yield `  records dropped     ${dropped.join(', ')}`;
  if (lines.dropped['unknown-observer'] !== undefined) {
    const when =
      lines.records === 0 ? 'Nothing tells whose log it is' : 'That was before it told whose log it is';
    yield `  ${when}; ${SAY_WHOSE}`;
  }
  yield `  unparsable          ${thousands(lines.unparsable)}`;
  if (lines.cut > 0) yield `  cut, too long       ${thousands(lines.cut)}`;
  if (lines.parseRate === null)
    yield 'Nothing in it looks like a record of this plugin, or like a dated line at all.';
  else yield `Parse rate: ${(100 * lines.parseRate).toFixed(2)}% of the lines that look like records`;
  if (lines.parseRate !== null && lines.parseRate < GOOD_PARSE_RATE) {
    yield 'The log may have another format than the plugin reads. Lines that it could not read:';
    for (const sample of lines.unparsableSamples) yield `    ${shortened(sample)}`;
  }
}

function* formatFired({ fired, neverFired }: LogExplanation, ruleSet: RuleSet): Generator<string> {
  const classifiers = new Map(ruleSet.entries.map(({ id, classifier }) => [id, classifier]));
  yield `Rules that fired: ${fired.length} of ${fired.length + neverFired.length}`;
  for (const entry of fired) {
    const classifier = classifiers.get(entry.id);
    const says =
      classifier === undefined
        ? ''
        : `  ${classifier.context === '' ? "(the tag's context)" : classifier.context} ${statusName(classifier.status)} ${classifier.score}`;
    yield `  ${thousands(entry.count).padStart(7)}  ${entry.id}${says}`;
    yield `           ${describeSubjects(entry)}`;
    yield `           ${shortened(entry.sample)}`;
  }
  if (neverFired.length > 0) {
    yield 'Rules that never fired:';
    yield* wrapped(neverFired, '  ');
  }
}

function describeSubjects({ subjects, otherSubjects, skipped }: FiredEntry): string {
  const named = subjects
    .slice(0, MOST_SUBJECTS)
    .map(({ subject, count }) => `${subject} (${thousands(count)})`);
  const rest = subjects.length - named.length;
  if (rest > 0) named.push(`${rest} more`);
  if (otherSubjects > 0) named.push(`others (${thousands(otherSubjects)})`);
  const on = named.length === 0 ? [] : [`on ${named.join(', ')}`];
  const idle = Object.entries(skipped).map(
    ([reason, count]) => `to no effect: ${reason} (${thousands(count)})`,
  );
  return [...on, ...idle].join('; ');
}

function* formatMisses({ notUnderstood }: LogExplanation, top: number): Generator<string> {
  const { records, templates, givenUp } = notUnderstood;
  if (records === 0) {
    yield 'No rule is missing: every warning and error was understood.';
    return;
  }
  yield `Warnings and errors that no rule understood: ${count(records, 'record')} of ${count(templates.length, 'kind')}`;
  for (const { template, label, count, sample } of templates.slice(0, top)) {
    yield `  ${thousands(count).padStart(7)}  ${label === '' ? '' : `${label} `}${shortened(template)}`;
    yield `           ${shortened(sample)}`;
  }
  if (templates.length > top)
    yield `  and ${thousands(templates.length - top)} kinds more (-top ${templates.length})`;
  if (givenUp > 0) yield `  and ${thousands(givenUp)} records of rare kinds that are not listed`;
}

function* wrapped(words: readonly string[], indent: string): Generator<string> {
  let line = indent;
  for (const [index, word] of words.entries()) {
    const text = index === words.length - 1 ? word : `${word}, `;
    if (line.length + text.length > 100 && line !== indent) {
      yield line.trimEnd();
      line = indent;
    }
    line += text;
  }
  yield line;
}

function count(value: number, noun: string): string {
  return `${thousands(value)} ${noun}${value === 1 ? '' : 's'}`;
}

function shortened(text: string): string {
  return text.length > LINE_WIDTH ? `${text.slice(0, LINE_WIDTH)}...` : text;
}

function thousands(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

function isoTime(millis: number | null): string | null {
  return millis === null ? null : new Date(millis).toISOString();
}
