import { timeAttack, type TimedAttack } from '../../filters/lint/attack-timing.js';
import type { LintFinding, LintKind, PatternAttack } from '../../filters/lint/lint-finding.js';
import { attackText } from '../../filters/lint/pattern-growth.js';
import { nameOf } from '../../filters/lint/reachability.js';
import { RulePlaces } from '../../filters/lint/rule-places.js';
import type { RuleSet, RuleSetProblem } from '../../filters/rule-set.js';
import { systemClock } from '../../runtime/clock.js';
import type { FilterText } from './rule-words.js';

/** What a check has to say of one file. */
export interface CheckReport {
  readonly file: string;
  readonly entries: number;
  /** Examples in the file, and how many of them were run. */
  readonly examples: number;
  readonly examplesRun: number;
  /** In the order of the file. */
  readonly findings: readonly CheckFinding[];
}

/** One finding with its place. */
export interface CheckFinding {
  readonly severity: 'error' | 'warning';
  readonly kind: LintKind;
  readonly line: number;
  readonly column: number;
  /** `entry 3 (slow-sync), clause 2`; empty: the file as a whole. */
  readonly part: string;
  readonly id: string | null;
  readonly message: string;
  readonly hint: string;
  /** For slow patterns. */
  readonly attack: (PatternAttack & { readonly timed: readonly TimedAttack[] }) | null;
}

interface GivenProblem {
  readonly severity: 'error' | 'warning';
  readonly problem: RuleSetProblem;
}

/** Brings together what the loader and the check have found. `checked`: null when it could not be read. */
export function checkReport(
  file: FilterText,
  checked: { readonly ruleSet: RuleSet; readonly areExamplesRun: boolean } | null,
  findings: readonly LintFinding[],
  problems: readonly GivenProblem[],
): CheckReport {
  const places = new RulePlaces(file.text);
  const examples = checked?.ruleSet.entries.reduce((sum, entry) => sum + entry.examples.length, 0) ?? 0;
  const all = [
    ...problems.map(({ severity, problem }) => fromLoader(severity, problem)),
    ...findings.map((finding) => placed(finding, places)),
  ];
  return {
    file: file.path,
    entries: checked?.ruleSet.entries.length ?? 0,
    examples,
    examplesRun: checked?.areExamplesRun === true ? examples : 0,
    findings: all.sort((a, b) => a.line - b.line || a.column - b.column),
  };
}

function fromLoader(
  severity: 'error' | 'warning',
  { line, column, part, message }: RuleSetProblem,
): CheckFinding {
  const kind = severity === 'error' ? 'invalid' : 'odd';
  return { severity, kind, line, column, part, id: null, message, hint: '', attack: null };
}

function placed(finding: LintFinding, places: RulePlaces): CheckFinding {
  const { severity, kind, entry, clause, example, message, hint, attack } = finding;
  const { line, column } = places.of(entry?.number ?? null, clause, example);
  const part = entry === null ? '' : nameOf(entry) + (clause === null ? '' : `, clause ${clause}`);
  const timed = attack === null ? [] : timeAttack(attack.pattern, attack, () => systemClock.monotonic());
  const shown = attack === null ? null : { ...attack, timed };
  return { severity, kind, line, column, part, id: entry?.id ?? null, message, hint, attack: shown };
}

/** The kinds that concern entry after entry in a file that has no examples: told in one line each. */
const SUMMED_UP: Partial<Record<LintKind, string>> = {
  'no-firing-example': 'no example shows it fire',
  'no-near-miss': 'no example shows what it must leave alone',
};
const MOST_NAMES = 12;

/** The agent cuts longer lines, characters. */
const LONGEST_LINE = 65_536;

/** For people. */
export function formatCheck({ file, entries, examples, examplesRun, findings }: CheckReport): string {
  const lines: string[] = [];
  for (const finding of findings) {
    if (SUMMED_UP[finding.kind] !== undefined) continue;
    const part = finding.part === '' ? '' : `${finding.part}: `;
    lines.push(`${file}:${finding.line}:${finding.column}: ${finding.severity}: ${part}${finding.message}`);
    if (finding.attack !== null) lines.push(...describeAttack(finding.attack));
    if (finding.hint !== '') lines.push(`    ${finding.hint}`);
  }
  for (const [kind, text] of Object.entries(SUMMED_UP)) {
    const names = findings.filter((finding) => finding.kind === kind).map(({ id }) => id ?? '');
    if (names.length === 0) continue;
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    lines.push(
      `${file}: warning: ${text}: ${count(names.length, 'entry', 'entries')} of ${entries} (${names.slice(0, MOST_NAMES).join(', ')}${more})`,
    );
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const ran = examples === examplesRun ? ' run' : ', none run';
  const run = `${count(examples, 'example', 'examples')}${ran}`;
  lines.push(
    `${file}: ${count(entries, 'entry', 'entries')}, ${run}: ` +
      `${count(errors, 'error', 'errors')}, ${count(warnings, 'warning', 'warnings')}`,
  );
  return `${lines.join('\n')}\n`;
}

/** One JSON object with everything; attacks come with a text to try. */
export function checkToJson(report: CheckReport): string {
  const findings = report.findings.map(({ attack, ...finding }) => ({
    ...finding,
    ...(attack === null ? {} : { attack: { ...attack, example: attackText(attack, 60) } }),
  }));
  return `${JSON.stringify({ ...report, findings }, null, 2)}\n`;
}

function describeAttack(attack: PatternAttack & { readonly timed: readonly TimedAttack[] }): string[] {
  const { prefix, round, suffix, measured, timed } = attack;
  const parts = [
    ...(prefix === '' ? [] : [quote(prefix)]),
    `${quote(round)} again and again`,
    ...(suffix === '' ? [] : [quote(suffix)]),
  ];
  const steps = measured
    .slice(-4)
    .map((one, index, all) => {
      const isCut = index === all.length - 1 && one.steps > 500_000;
      return `${thousands(one.length)}: ${isCut ? 'over 500,000' : thousands(one.steps)}`;
    })
    .join(', ');
  const lines = [`    A hostile line: ${parts.join(', then ')}. Steps by its length: ${steps}.`];
  const last = timed.at(-1);
  if (last === undefined || last.milliseconds < 1) return lines;
  const longest =
    attack.kind === 'exponential'
      ? 'each further round doubles it'
      : `about ${describeTime(last.milliseconds * (LONGEST_LINE / last.length) ** Math.round(attack.power))} at ${thousands(LONGEST_LINE)}`;
  lines.push(
    `    On this machine: ${describeTime(last.milliseconds)} at ${thousands(last.length)} characters, ${longest}.`,
  );
  return lines;
}

/** As JSON, so that blanks and what cannot be printed are seen. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function describeTime(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds.toFixed(0)} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${thousands(Math.round(seconds / 60))} minutes`;
}

function thousands(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

function count(value: number, one: string, many: string): string {
  return `${value} ${value === 1 ? one : many}`;
}
