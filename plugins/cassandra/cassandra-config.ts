import { readFile } from 'node:fs/promises';
import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from 'yaml';
import { HviewError, fileError } from '../../runtime/errors.js';
import { isWildcardHost, parsePort } from '../endpoint.js';
import { DEFAULT_STORAGE_PORT } from './node-address.js';

/** What cassandra.yaml says of the node itself and of the others. */
export interface CassandraConfig {
  /** A host name or address; null when absent: then the interface or the machine's own name counts. */
  readonly listenAddress: string | null;
  readonly listenInterface: string | null;
  readonly prefersIPv6: boolean;
  /** What the other nodes know the node by; null: its listen address. */
  readonly broadcastAddress: string | null;
  readonly storagePort: number;
  /** Hosts, with a port where one is given. */
  readonly seeds: readonly string[];
}

/** Reads scalars of a document by name and collects what is wrong with them. */
interface ConfigReader {
  text(key: string): string | null;
  problem(node: unknown, text: string): void;
}

/** Throws HviewError CONFIG_INVALID that lists every problem as `file:line: what`. */
export async function readCassandraConfig(path: string): Promise<CassandraConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const failed = fileError('CONFIG_INVALID', "Cassandra's configuration", path, error);
    throw new HviewError('CONFIG_INVALID', `cannot read ${failed.message}`, {
      hint: 'Give the path of cassandra.yaml with --config.',
      cause: error,
    });
  }
  return parseCassandraConfig(text, path);
}

/** `path` is for messages only. */
export function parseCassandraConfig(text: string, path: string): CassandraConfig {
  const lines = new LineCounter();
  // Cassandra takes the last of two equal keys, so that they are no reason to refuse the file.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const problems = document.errors.map(
    ({ message, pos }) => `${path}:${lines.linePos(pos[0]).line}: ${message}`,
  );
  if (problems.length === 0 && document.contents !== null && !isMap(document.contents)) {
    problems.push(`${path}:1: there is no 'key: value' at the top; is this cassandra.yaml?`);
  }
  if (problems.length > 0) throw configurationError(problems);

  const problem = (node: unknown, what: string): void => {
    const at = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    problems.push(`${path}:${lines.linePos(at).line}: ${what}`);
  };
  const reader: ConfigReader = { text: (key) => textOf(document, key, problem), problem };
  const config: CassandraConfig = {
    listenAddress: readHost(reader, document, 'listen_address'),
    listenInterface: reader.text('listen_interface'),
    prefersIPv6: reader.text('listen_interface_prefer_ipv6') === 'true',
    broadcastAddress: readHost(reader, document, 'broadcast_address'),
    storagePort: readPort(reader, document),
    seeds: readSeeds(document, problem),
  };
  if (problems.length > 0) throw configurationError(problems);
  return config;
}

function readHost(reader: ConfigReader, document: Document, key: string): string | null {
  const host = reader.text(key);
  if (host === null || !isWildcardHost(host)) return host;
  reader.problem(nodeOf(document, key), `${key} is ${host}, which names no machine`);
  return null;
}

function readPort(reader: ConfigReader, document: Document): number {
  const text = reader.text('storage_port');
  if (text === null) return DEFAULT_STORAGE_PORT;
  const port = parsePort(text);
  if (port !== undefined) return port;
  reader.problem(
    nodeOf(document, 'storage_port'),
    `storage_port is '${text}'; a port is a number from 1 to 65535`,
  );
  return DEFAULT_STORAGE_PORT;
}

/** Null when absent, empty or null; a problem when it is a list or a map. */
function textOf(document: Document, key: string, problem: ConfigReader['problem']): string | null {
  const node = nodeOf(document, key);
  if (node === undefined || node === null) return null;
  if (!isScalar(node)) {
    problem(node, `${key} is a ${isSeq(node) ? 'list' : 'group'}; one value is expected`);
    return null;
  }
  const { value } = node;
  // An address such as 10.0 or a port may have been read as a number: its own spelling counts.
  const text = (typeof value === 'string' ? value : value === null ? '' : (node.source ?? '')).trim();
  return text === '' ? null : text;
}

/** `seed_provider` is a list of one class with `parameters`, which is a list of one map, or a map. */
function readSeeds(document: Document, problem: ConfigReader['problem']): string[] {
  const provider = firstOf(nodeOf(document, 'seed_provider'));
  const parameters = isMap(provider) ? firstOf(provider.get('parameters', true)) : undefined;
  const seeds: unknown = isMap(parameters) ? parameters.get('seeds', true) : undefined;
  if (seeds === undefined || seeds === null) return [];
  if (!isScalar(seeds)) {
    problem(seeds, 'seeds is no text; it is one text of addresses separated by commas');
    return [];
  }
  const { value } = seeds;
  return (typeof value === 'string' ? value : (seeds.source ?? ''))
    .split(',')
    .map((seed) => seed.trim())
    .filter((seed) => seed !== '');
}

/** The value of the last entry of that name. */
function nodeOf(document: Document, key: string): unknown {
  if (!isMap(document.contents)) return undefined;
  return document.contents.items.findLast((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
}

function firstOf(node: unknown): unknown {
  return isSeq(node) ? node.get(0, true) : node;
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value);
}

function configurationError(problems: readonly string[]): HviewError {
  return new HviewError('CONFIG_INVALID', problems.join('\n'), {
    hint: 'Correct the configuration, or give the right file with --config.',
  });
}
