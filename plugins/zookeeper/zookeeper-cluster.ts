import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { HviewError, fileError } from '../../runtime/errors.js';
import { parsePort } from '../endpoint.js';
import { readProperties, type Property } from '../properties.js';
import { readServerAddress, type ServerAddress } from './server-address.js';

/** The ensemble as zoo.cfg, and the dynamic configuration it may name, describe it. */
export interface ZooKeeperCluster {
  /** Servers by id, in file order; empty when the configuration is for a server on its own. */
  readonly servers: ReadonlyMap<string, ServerAddress>;
  /** Whether quorums are formed by groups or weights instead of a plain majority. */
  readonly hasWeights: boolean;
  /** Where the file `myid` lies; null when zoo.cfg does not say. */
  readonly dataDir: string | null;
  /** The port for clients that every server without one of its own uses; null when absent. */
  readonly clientPort: number | null;
  /** The files read: when one of them changes, so may the ensemble. */
  readonly files: readonly string[];
}

/** What is wrong with one line; `line` null: with the file as a whole. */
interface Problem {
  readonly file: string;
  readonly line: number | null;
  readonly text: string;
}

interface ServerLine {
  readonly id: string;
  readonly value: string;
  readonly line: number;
}

const MAX_SERVER_ID = 2n ** 63n - 1n;
const PORT_KEYS = new Set(['clientPort', 'secureClientPort']);

/**
 * Reads zoo.cfg. Throws HviewError CONFIG_INVALID that lists every problem as `file:line: what`, or
 * says why a file cannot be read.
 */
export async function readZooKeeperCluster(path: string): Promise<ZooKeeperCluster> {
  const problems: Problem[] = [];
  const main = await readConfiguration('ensemble file', path, problems);
  const dynamic = main.find(({ key }) => key === 'dynamicConfigFile');

  let members = main;
  const files = [path];
  if (dynamic !== undefined) {
    // As ZooKeeper does: with a dynamic configuration the servers stand there and nowhere else.
    const dynamicPath = isAbsolute(dynamic.value) ? dynamic.value : join(dirname(path), dynamic.value);
    files.push(dynamicPath);
    const what = `dynamic configuration (dynamicConfigFile in ${path}:${dynamic.line})`;
    members = await readConfiguration(what, dynamicPath, problems);
  }
  const memberFile = files.at(-1) ?? path;
  const servers = readServers(memberFile, members, problems);
  if (servers.size === 0 && dynamic !== undefined && problems.length === 0) {
    problems.push({ file: memberFile, line: null, text: 'there is no line server.N=host:port:port' });
  }

  const dataDir = valueOf(main, 'dataDir');
  if (servers.size === 0 && dataDir === null && problems.length === 0) {
    const text = 'there is no line server.N=host:port:port, no dynamicConfigFile and no dataDir';
    problems.push({ file: path, line: null, text });
  }
  if (problems.length > 0) throw configurationError(problems);
  const clientPort = parsePort(valueOf(main, 'clientPort') ?? '') ?? null;
  const hasWeights = members.some(({ key }) => /^(?:group|weight)\./.test(key));
  return { servers, hasWeights, dataDir: dataDir === '' ? null : dataDir, clientPort, files };
}

async function readConfiguration(what: string, path: string, problems: Problem[]): Promise<Property[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const failed = fileError('CONFIG_INVALID', what, path, error);
    throw new HviewError('CONFIG_INVALID', `cannot read the ${failed.message}`, {
      hint: "Give the path of ZooKeeper's configuration with --ensemble.",
      cause: error,
    });
  }
  const properties = readProperties(text);
  for (const { key, value, line } of properties) {
    if (key === '' || isProse(lineOf(text, line))) {
      problems.push({ file: path, line, text: `'${shorten(lineOf(text, line))}' is not KEY=VALUE` });
    } else if (PORT_KEYS.has(key) && value !== '0' && parsePort(value) === undefined) {
      problems.push({ file: path, line, text: `${key} is '${value}'; a port is a number from 1 to 65535` });
    }
  }
  return properties;
}

/** Java would take `this is not a setting` as the key `this`; nobody means it so. */
function isProse(line: string): boolean {
  return !/[=:\\]/.test(line) && line.split(/\s+/).length !== 2;
}

function readServers(
  file: string,
  properties: readonly Property[],
  problems: Problem[],
): ReadonlyMap<string, ServerAddress> {
  const seen = new Map<string, ServerLine>();
  const servers = new Map<string, ServerAddress>();
  for (const { key, value, line } of properties) {
    if (!key.startsWith('server.')) continue;
    const id = serverId(key.slice('server.'.length));
    if (id === null) {
      const text = `${key}: '${key.slice('server.'.length)}' is no server id; it is a whole number from 0 up`;
      problems.push({ file, line, text });
      continue;
    }
    const earlier = seen.get(id);
    if (earlier !== undefined && earlier.value !== value) {
      const text = `server.${id} stands in line ${earlier.line} already, with another address`;
      problems.push({ file, line, text });
    }
    seen.set(id, { id, value, line });
    const address = readServerAddress(value);
    if (typeof address === 'string') problems.push({ file, line, text: `server.${id} ${address}` });
    else servers.set(id, address);
  }
  return servers;
}

/** The id as ZooKeeper writes it (`01` is 1); null when it is none. */
export function serverId(text: string): string | null {
  if (!/^\d{1,19}$/.test(text)) return null;
  const id = BigInt(text);
  return id <= MAX_SERVER_ID ? id.toString() : null;
}

function valueOf(properties: readonly Property[], key: string): string | null {
  return properties.findLast((property) => property.key === key)?.value ?? null;
}

function lineOf(text: string, line: number): string {
  return (text.split(/\r\n|\n|\r/)[line - 1] ?? '').trim();
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function configurationError(problems: readonly Problem[]): HviewError {
  const lines = problems.map(({ file, line, text }) => `${file}:${line === null ? '' : `${line}:`} ${text}`);
  return new HviewError('CONFIG_INVALID', lines.join('\n'), {
    hint: 'Correct the configuration, or give the right file with --ensemble.',
  });
}
