import type { FlagTable } from '../runtime/flags.js';
import { describeFlags } from '../runtime/flags.js';

/** All that a command tells of itself. Texts stand as they are printed, at most 98 letters a line. */
export interface Manual {
  readonly name: string;
  /** What it does, as half a sentence: a list of manual pages shows it after the name. */
  readonly summary: string;
  /** Each way to call it, without its name. */
  readonly usage: readonly string[];
  readonly description: string;
  readonly flags: FlagTable;
  /** What else there is to know, in the order in which it is told. */
  readonly sections: Partial<Readonly<Record<SectionTitle, string>>>;
}

/** The titles that a manual may have, after what every one has, in their order. */
export const SECTION_TITLES = [
  'Commands',
  'Plugins',
  'Files',
  'Environment',
  'Signals',
  'Exit codes',
  'Examples',
  'See also',
] as const;
export type SectionTitle = (typeof SECTION_TITLES)[number];

/** What every command ends with, unless it says more. */
export const USUAL_EXIT_CODES = `0  done
1  wrong use, or a file that cannot be used`;

/** The text of --help, from which the manual pages are made too. */
export function formatManual({ name, summary, usage, description, flags, sections }: Manual): string {
  const [first = '', ...others] = usage.map((words) => `${name} ${words}`);
  const told = SECTION_TITLES.flatMap((title) => {
    const text = sections[title];
    return text === undefined ? [] : [`${title}:\n${indented(text)}`];
  });
  return `${[
    [`Usage: ${first}`, ...others.map((line) => `       ${line}`)].join('\n'),
    `${name} - ${summary}`,
    description.trim(),
    `Options:\n${describeFlags({ ...flags, ...ABOUT })}`,
    ...told,
  ].join('\n\n')}\n`;
}

/** What every command understands. */
const ABOUT: FlagTable = {
  help: { kind: 'switch', default: false, help: 'Print this, and end.' },
  version: { kind: 'switch', default: false, help: 'Print the version, and end.' },
};

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');
}
