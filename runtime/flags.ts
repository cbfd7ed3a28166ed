import { HviewError } from './errors.js';

interface FlagBase {
  /** What it does, for --help; one sentence or more, without its default. */
  readonly help: string;
  /** What stands for the value in --help, such as `host:port`. */
  readonly placeholder?: string;
}
export interface TextFlag extends FlagBase {
  readonly kind: 'text';
  readonly default: string;
}
export interface NumberFlag extends FlagBase {
  readonly kind: 'number' | 'integer';
  readonly default: number;
}
export interface SwitchFlag extends FlagBase {
  readonly kind: 'switch';
  readonly default: boolean;
}
export type Flag = TextFlag | NumberFlag | SwitchFlag;
export type FlagTable = Readonly<Record<string, Flag>>;

/** The values of a table's flags: each its default unless given. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends TextFlag
    ? string
    : Table[Name] extends SwitchFlag
      ? boolean
      : number;
};

export interface ParsedFlags<Table extends FlagTable> {
  readonly values: FlagValues<Table>;
  /** Names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  /** What follows the flags, from the first word that is none. */
  readonly rest: readonly string[];
  /** `help` or `version` when that was asked for; nothing else counts then. */
  readonly request: 'help' | 'version' | null;
}

/**
 * Reads flags in Go's spelling: `-name value`, `-name=value`, one dash or two; a switch is on when
 * named and takes a value only as `-name=false`; the first word that is no flag, or `--`, ends them.
 * Throws USAGE.
 */
export function parseFlags<Table extends FlagTable>(
  table: Table,
  words: readonly string[],
): ParsedFlags<Table> {
  const values: Record<string, string | number | boolean> = {};
  for (const [name, flag] of Object.entries(table)) values[name] = flag.default;
  const given = new Set<string>();
  const result = (index: number, request: ParsedFlags<Table>['request']): ParsedFlags<Table> => ({
    // Every name of the table has been filled in above with a value of its flag's kind.
    values: values as FlagValues<Table>,
    given,
    rest: words.slice(index),
    request,
  });

  let index = 0;
  for (; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') return result(index + 1, null);
    const parts = /^--?(?<name>[A-Za-z][\w-]*)(?:=(?<value>[\s\S]*))?$/.exec(word)?.groups;
    if (parts === undefined) break;
    const name = parts['name'] ?? '';
    const flag = Object.hasOwn(table, name) ? table[name] : undefined;
    if (flag === undefined) {
      if (name === 'help' || name === 'h') return result(index, 'help');
      if (name === 'version') return result(index, 'version');
      throw new HviewError('USAGE', `unknown flag ${word}`, { hint: nearest(name, Object.keys(table)) });
    }
    let text = parts['value'];
    if (text === undefined && flag.kind !== 'switch') {
      index += 1;
      text = words[index];
      if (text === undefined) throw new HviewError('USAGE', `flag ${word} needs a value`);
    }
    values[name] = valueOf(name, flag, text);
    given.add(name);
  }
  return result(index, null);
}

function valueOf(name: string, flag: Flag, text: string | undefined): string | number | boolean {
  switch (flag.kind) {
    case 'text':
      return text ?? '';
    case 'switch': {
      if (text === undefined || /^(?:1|t|true)$/i.test(text)) return true;
      if (/^(?:0|f|false)$/i.test(text)) return false;
      throw new HviewError('USAGE', `flag -${name}: "${text}" is neither true nor false`);
    }
    case 'number':
    case 'integer': {
      const value = Number(text);
      if (text === undefined || text.trim() === '' || !Number.isFinite(value)) {
        throw new HviewError('USAGE', `flag -${name}: "${text ?? ''}" is not a number`);
      }
      if (flag.kind === 'integer' && !Number.isInteger(value)) {
        throw new HviewError('USAGE', `flag -${name}: "${text}" is not a whole number`);
      }
      return value;
    }
  }
}

function nearest(name: string, names: readonly string[]): string {
  const close = names.find(
    (other) => other.startsWith(name) || name.startsWith(other) || isOneEditAway(name, other),
  );
  return close === undefined ? 'See --help for the flags there are.' : `Did you mean -${close}?`;
}

/** Whether one letter more, less or other (or two swapped) makes the words equal. */
function isOneEditAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const restA = a.slice(start, a.length - end);
  const restB = b.slice(start, b.length - end);
  return restA.length <= 1 && restB.length <= 1 ? true : restA === restB.split('').reverse().join('');
}

const HELP_WIDTH = 92;

/** The flags of a table as --help shows them, one paragraph each. */
export function describeFlags(table: FlagTable): string {
  return Object.entries(table)
    .map(([name, flag]) => {
      const placeholder = flag.kind === 'switch' ? '' : ` ${flag.placeholder ?? flag.kind}`;
      const isPlainOff = flag.default === '' || flag.default === false;
      const help = isPlainOff ? flag.help : `${flag.help} (default ${flag.default})`;
      return `  -${name}${placeholder}\n${wrap(help, '        ')}`;
    })
    .join('\n');
}

function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > HELP_WIDTH) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line].join('\n');
}
