import { HviewError, describeError } from '../runtime/errors.js';
import { DURATION_FORM, SIZE_FORM, parseDuration, parseSize } from './quantities.js';

/** Throws CONFIG_INVALID that names the file. */
export function parseJsonObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HviewError('CONFIG_INVALID', `${file}: not JSON: ${describeError(error)}`, { cause: error });
  }
  if (!isObject(value)) throw new HviewError('CONFIG_INVALID', `${file}: not a JSON object`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/**
 * One object of a configuration file, its keys in any case. What is wrong is added to `problems` under the
 * path of the key, and the value for an absent key is given instead.
 */
export class ConfigSection {
  readonly #values = new Map<string, unknown>();

  constructor(
    private readonly object: Record<string, unknown>,
    /** Where it stands, as messages begin with it: empty, or `GCConfig.`. */
    readonly path: string,
    private readonly problems: string[],
  ) {
    for (const [key, value] of Object.entries(object)) this.#values.set(key.toLowerCase(), value);
  }

  /** Whether the key is there with a value. */
  has(key: string): boolean {
    const value = this.#values.get(key.toLowerCase());
    return value !== undefined && value !== null;
  }

  /** Every other key is a problem: for sections that the original does not know. */
  allowOnly(keys: readonly string[]): void {
    const known = new Set(keys.map((key) => key.toLowerCase()));
    for (const key of Object.keys(this.object)) {
      if (!known.has(key.toLowerCase()))
        this.problems.push(`${this.path}${key}: is none of ${keys.join(', ')}`);
    }
  }

  text(key: string, absent: string): string {
    return this.#read(key, absent, 'a text', isText);
  }

  flag(key: string, absent: boolean): boolean {
    return this.#read(key, absent, 'true or false', (value) => typeof value === 'boolean');
  }

  number(key: string, absent: number): number {
    return this.#read(key, absent, 'a whole number', (value): value is number => Number.isInteger(value));
  }

  /** A duration such as `30d`. */
  milliseconds(key: string, absent: number): number {
    return this.#quantity(key, absent, DURATION_FORM, parseDuration);
  }

  /** A size such as `1GB`. */
  bytes(key: string, absent: number): number {
    return this.#quantity(key, absent, SIZE_FORM, parseSize);
  }

  list(key: string): string[] {
    return this.#read<string[]>(
      key,
      [],
      'a list of texts',
      (value): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    );
  }

  section(key: string): ConfigSection {
    const object = this.#read<Record<string, unknown>>(key, {}, 'an object', isObject);
    return new ConfigSection(object, `${this.path}${key}.`, this.problems);
  }

  /** A list of objects; a text stands for an object that has only `textKey`. */
  entries(key: string, textKey: string): ConfigSection[] {
    const items = this.#read<(string | Record<string, unknown>)[]>(
      key,
      [],
      'a list of texts or objects',
      (value): value is (string | Record<string, unknown>)[] =>
        Array.isArray(value) && value.every((item) => isText(item) || isObject(item)),
    );
    return items.map(
      (item, index) =>
        new ConfigSection(
          isText(item) ? { [textKey]: item } : item,
          `${this.path}${key}[${index}].`,
          this.problems,
        ),
    );
  }

  /** Every key of the object with a text for a value; here two keys that differ only in case are two. */
  texts(): [string, string][] {
    return Object.entries(this.object).map(([key, value]) => [
      key,
      this.#check(key, value, '', 'a text', isText),
    ]);
  }

  #quantity(key: string, absent: number, form: string, parse: (text: string) => number | null): number {
    const isForm = (value: unknown): value is string | 0 =>
      value === 0 || (isText(value) && parse(value) !== null);
    const value = this.#read<string | 0>(key, '', form, isForm);
    return value === '' ? absent : (parse(String(value)) ?? absent);
  }

  #read<Value>(key: string, absent: Value, kind: string, is: (value: unknown) => value is Value): Value {
    return this.#check(key, this.#values.get(key.toLowerCase()), absent, kind, is);
  }

  #check<Value>(
    key: string,
    value: unknown,
    absent: Value,
    kind: string,
    is: (value: unknown) => value is Value,
  ): Value {
    if (value === undefined || value === null) return absent;
    if (is(value)) return value;
    this.problems.push(`${this.path}${key}: ${JSON.stringify(value)} is not ${kind}`);
    return absent;
  }
}
