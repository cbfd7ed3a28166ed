import { readFile } from 'node:fs/promises';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { HviewError, fileError } from '../../runtime/errors.js';

/** The settings of Hadoop's `*-site.xml` files, `${...}` filled in. */
export class HadoopConfiguration {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** Null when it is not set, or set to nothing. */
  get(name: string): string | null {
    const value = this.#values.get(name);
    if (value === undefined) return null;
    const expanded = this.#expand(value).trim();
    return expanded === '' ? null : expanded;
  }

  /** A value of several parts, separated by commas; empty when it is not set. */
  list(name: string): string[] {
    return (this.get(name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }

  /** Names that begin with `prefix`. */
  namesWith(prefix: string): string[] {
    return [...this.#values.keys()].filter((name) => name.startsWith(prefix));
  }

  /** Names of other settings are filled in; what Java would take from its own properties stays. */
  #expand(value: string): string {
    let text = value;
    for (let depth = 0; depth < MAX_DEPTH && text.includes('${'); depth += 1) {
      text = text.replace(/\$\{([^${}\s]{1,200})\}/g, (whole, name: string) => {
        return this.#values.get(name) ?? whole;
      });
      if (text.length > MAX_VALUE) return '';
    }
    return text;
  }
}

const MAX_DEPTH = 20;
const MAX_VALUE = 65_536;

/**
 * Reads Hadoop configuration files; a later file has the last word, save for what an earlier one
 * calls final. Throws HviewError CONFIG_INVALID naming the file and the line that is no XML.
 */
export async function readHadoopConfiguration(files: readonly string[]): Promise<HadoopConfiguration> {
  const values = new Map<string, string>();
  const finals = new Set<string>();
  for (const file of files) {
    for (const { name, value, isFinal } of await readProperties(file)) {
      if (finals.has(name)) continue;
      values.set(name, value);
      if (isFinal) finals.add(name);
    }
  }
  return new HadoopConfiguration(values);
}

interface HadoopProperty {
  readonly name: string;
  readonly value: string;
  readonly isFinal: boolean;
}

async function readProperties(file: string): Promise<HadoopProperty[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fileError('CONFIG_INVALID', 'Hadoop configuration', file, error);
  }
  const roots = childrenOf(parseXml(text, file), 'configuration');
  if (roots.length === 0) {
    throw new HviewError('CONFIG_INVALID', `${file}: there is no element <configuration>`, {
      hint: 'Give the folder that holds hdfs-site.xml and core-site.xml.',
    });
  }
  return roots
    .flatMap((root) => childrenOf(root, 'property'))
    .flatMap((property) => {
      const name = textOf(property, 'name');
      return name === ''
        ? []
        : [{ name, value: textOf(property, 'value'), isFinal: textOf(property, 'final') === 'true' }];
    });
}

function parseXml(text: string, file: string): unknown {
  // Every element as a list: a single property then looks like several.
  const parser = new XMLParser({ parseTagValue: false, isArray: () => true, trimValues: true });
  // Left to itself the parser takes broken XML as it comes; Hadoop would not start with it.
  const validity = XMLValidator.validate(text);
  if (validity !== true) {
    const { line, msg } = validity.err;
    throw new HviewError('CONFIG_INVALID', `${file}:${line}: ${msg}`, {
      hint: "It must be Hadoop's own XML configuration, as the daemons read it.",
    });
  }
  return parser.parse(text);
}

function childrenOf(element: unknown, name: string): readonly unknown[] {
  if (typeof element !== 'object' || element === null) return [];
  const children: unknown = Object.entries(element).find(([key]) => key === name)?.[1];
  return Array.isArray(children) ? children : [];
}

function textOf(element: unknown, name: string): string {
  const [child] = childrenOf(element, name);
  return typeof child === 'string' ? child.trim() : '';
}
