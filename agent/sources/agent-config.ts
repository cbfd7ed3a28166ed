import { dirname, resolve } from 'node:path';
import { parseJson } from '../../filters/loading/json-source.js';
import type { JsonNode } from '../../filters/loading/json-source.js';
import { ObjectReader, ProblemList } from '../../filters/loading/object-reader.js';
import { describeProblem } from '../../filters/rule-set.js';
import { HviewError } from '../../runtime/errors.js';
import { parseAddress } from '../../protocol/address.js';
import { SYSTEM_ROOTS } from '../../protocol/client-security.js';
import type { SourceSettings } from './source-settings.js';
import { SOURCE_DEFAULTS } from './source-settings.js';

/** Paths of PEM files and of a token; null: as the command line says. */
export interface AgentSecurity {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly tokenFile: string | null;
  /** The token may travel to another machine in plain text. */
  readonly allowsInsecure: boolean;
}

/** The configuration file of an agent with several sources. */
export interface AgentConfig {
  /** host:port; null: as the command line says. */
  readonly server: string | null;
  /** State folder; null: as the command line says. */
  readonly state: string | null;
  readonly spoolBytes: number | null;
  /** How it shows the aggregator who it is. */
  readonly security: AgentSecurity;
  /** host:port where its health can be asked for; null: as the command line says. */
  readonly http: string | null;
  /** Its figures can be asked for there as well. */
  readonly showsMetrics: boolean;
  readonly sources: readonly SourceSettings[];
  /** What is odd but does no harm. */
  readonly warnings: readonly string[];
}

const AGENT_MEMBERS = [
  '$schema',
  'Server',
  'State',
  'SpoolMegabytes',
  'Tls',
  'TokenFile',
  'Insecure',
  'Http',
  'Stale',
  'Merge',
  'TimeZone',
  'Sources',
];
const TLS_MEMBERS = ['Ca', 'Cert', 'Key'];
const HTTP_MEMBERS = ['Addr', 'Metrics'];
const SOURCE_MEMBERS = [
  'Name',
  'Logs',
  'Exclude',
  'Plugin',
  'Options',
  'Filter',
  'Start',
  'TimeZone',
  'Stale',
  'Merge',
  'MaxLineBytes',
  'MaxDetailLines',
];

/** The least and the most that a limit may be. */
const LINE_BYTES = { least: 1024, most: 16 * 1024 * 1024 } as const;
const DETAIL_LINES = { least: 1, most: 100_000 } as const;
const MEGABYTE = 1024 * 1024;

/**
 * Reads the configuration; relative paths in it count from its folder. Throws CONFIG_INVALID with
 * everything that is wrong, by line and column.
 */
export function loadAgentConfig(text: string, file: string): AgentConfig {
  const problems = new ProblemList(text);
  const parsed = parseJson(text);
  const config = parsed.kind === 'parsed' ? readConfig(parsed.root, file, problems) : null;
  if (parsed.kind === 'invalid') problems.error(parsed.offset, '', `not JSON: ${parsed.message}`);
  const { errors, warnings } = problems.sorted();
  if (errors.length > 0 || config === null) {
    const lines = errors.map((problem) => `\n  ${describeProblem(file, problem)}`).join('');
    const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
    throw new HviewError('CONFIG_INVALID', `configuration ${file} has ${count}${lines}`);
  }
  return { ...config, warnings: warnings.map((problem) => describeProblem(file, problem)) };
}

function readConfig(
  root: JsonNode,
  file: string,
  problems: ProblemList,
): Omit<AgentConfig, 'warnings'> | null {
  const reader = ObjectReader.open(root, '', AGENT_MEMBERS, problems);
  if (reader === null) return null;
  const folder = dirname(resolve(file));
  const defaults = {
    ...SOURCE_DEFAULTS,
    staleSeconds: numberIn(reader, 'Stale', SOURCE_DEFAULTS.staleSeconds),
    mergeSeconds: numberIn(reader, 'Merge', SOURCE_DEFAULTS.mergeSeconds),
    timeZone: zoneIn(reader, SOURCE_DEFAULTS.timeZone),
  };
  const list = reader.required('Sources', 'array');
  if (list?.items.length === 0) reader.error(list, 'Sources is empty: there is nothing to read');
  const sources: SourceSettings[] = [];
  for (const [index, node] of (list?.items ?? []).entries()) {
    const source = readSource(node, `source ${index + 1}`, folder, defaults, problems);
    if (source === null) continue;
    if (sources.some(({ name }) => name === source.name)) {
      problems.error(
        node.start,
        `source ${index + 1}`,
        `Name ${JSON.stringify(source.name)} is taken already`,
      );
    }
    sources.push(source);
  }
  const spool = reader.member('SpoolMegabytes', 'number');
  if (spool !== null && !(spool.value >= 1)) reader.error(spool, 'SpoolMegabytes has to be 1 or more');
  return {
    server: textOrNull(reader, 'Server'),
    state: pathOrNull(reader, 'State', folder),
    spoolBytes: spool === null ? null : Math.round(spool.value * MEGABYTE),
    security: readSecurity(reader, folder, problems),
    ...readHttp(reader, problems),
    sources,
  };
}

function readHttp(reader: ObjectReader, problems: ProblemList): Pick<AgentConfig, 'http' | 'showsMetrics'> {
  const node = reader.member('Http', 'object');
  const http = node === null ? null : ObjectReader.open(node, 'Http', HTTP_MEMBERS, problems);
  if (node === null || http === null) return { http: null, showsMetrics: false };
  const address = http.member('Addr', 'string');
  const showsMetrics = http.flag('Metrics');
  if (address === null && showsMetrics)
    http.warn(node, 'Metrics are shown at Addr, which is missing; -http may say it');
  if (address !== null) {
    try {
      parseAddress(address.value, 0);
    } catch (error) {
      http.error(address, `Addr: ${HviewError.from(error).message}`);
    }
  }
  return { http: address?.value ?? null, showsMetrics };
}

function readSecurity(reader: ObjectReader, folder: string, problems: ProblemList): AgentSecurity {
  const node = reader.member('Tls', 'object');
  const tls = node === null ? null : ObjectReader.open(node, 'Tls', TLS_MEMBERS, problems);
  const path = (name: string): string | null => {
    const text = tls === null ? null : textOrNull(tls, name);
    // The authorities of the system have a word instead of a path.
    return text === null || text === SYSTEM_ROOTS ? text : resolve(folder, text);
  };
  return {
    ca: path('Ca'),
    cert: path('Cert'),
    key: path('Key'),
    tokenFile: pathOrNull(reader, 'TokenFile', folder),
    allowsInsecure: reader.flag('Insecure'),
  };
}

function readSource(
  node: JsonNode,
  part: string,
  folder: string,
  defaults: Omit<SourceSettings, 'name' | 'logs' | 'plugin'>,
  problems: ProblemList,
): SourceSettings | null {
  const reader = ObjectReader.open(node, part, SOURCE_MEMBERS, problems);
  if (reader === null) return null;
  const plugin = reader.required('Plugin', 'string')?.value ?? '';
  const logs = textsIn(reader, 'Logs', true).map((path) => resolve(folder, path));
  const start = reader.member('Start', 'string');
  const isKnownStart = start === null || start.value === 'beginning' || start.value === 'end';
  if (!isKnownStart) reader.error(start, `Start is "beginning" or "end", not ${JSON.stringify(start.value)}`);
  return {
    name: textOrNull(reader, 'Name') ?? part.replace(' ', '-'),
    logs,
    exclude: textsIn(reader, 'Exclude', false).map((path) => resolve(folder, path)),
    start: start?.value === 'end' ? 'end' : 'beginning',
    // A name or a package is left to the plugin loader; a path counts from the file's folder.
    plugin: /^\.{0,2}\//.test(plugin) ? resolve(folder, plugin) : plugin,
    pluginOptions: optionsIn(reader),
    filter: pathOrNull(reader, 'Filter', folder),
    timeZone: zoneIn(reader, defaults.timeZone),
    staleSeconds: numberIn(reader, 'Stale', defaults.staleSeconds),
    mergeSeconds: numberIn(reader, 'Merge', defaults.mergeSeconds),
    maxLineBytes: countIn(reader, 'MaxLineBytes', defaults.maxLineBytes, LINE_BYTES),
    maxDetailLines: countIn(reader, 'MaxDetailLines', defaults.maxDetailLines, DETAIL_LINES),
  };
}

function textOrNull(reader: ObjectReader, name: string): string | null {
  const text = reader.text(name);
  return text === '' ? null : text;
}

function pathOrNull(reader: ObjectReader, name: string, folder: string): string | null {
  const text = textOrNull(reader, name);
  return text === null ? null : resolve(folder, text);
}

function zoneIn(reader: ObjectReader, absent: string | null): string | null {
  const node = reader.member('TimeZone', 'string');
  if (node === null || node.value === '') return absent;
  try {
    new Intl.DateTimeFormat('en', { timeZone: node.value });
  } catch {
    reader.error(
      node,
      `TimeZone ${JSON.stringify(node.value)} is no time zone; write it as UTC or Europe/Berlin`,
    );
  }
  return node.value;
}

function numberIn(reader: ObjectReader, name: string, absent: number): number {
  return reader.member(name, 'number')?.value ?? absent;
}

function countIn(
  reader: ObjectReader,
  name: string,
  absent: number,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const node = reader.member(name, 'number');
  if (node === null) return absent;
  if (!Number.isInteger(node.value) || node.value < least || node.value > most) {
    reader.error(node, `${name} has to be a whole number from ${least} to ${most}`);
  }
  return node.value;
}

/** A text counts as a list of one. */
function textsIn(reader: ObjectReader, name: string, isRequired: boolean): string[] {
  const node = isRequired ? reader.required(name, 'array', 'string') : reader.member(name, 'array', 'string');
  if (node === null) return [];
  if (node.kind === 'string') return [node.value];
  if (isRequired && node.items.length === 0) reader.error(node, `${name} is empty`);
  const texts: string[] = [];
  for (const item of node.items) {
    if (item.kind === 'string' && item.value !== '') texts.push(item.value);
    else reader.error(item, `${name} has to be a list of texts`);
  }
  return texts;
}

function optionsIn(reader: ObjectReader): Record<string, string> {
  const options: Record<string, string> = {};
  for (const { name, value } of reader.member('Options', 'object')?.members ?? []) {
    if (value.kind === 'string' || value.kind === 'number') options[name] = String(value.value);
    else reader.error(value, `the option ${name} has to be a text`);
  }
  return options;
}
