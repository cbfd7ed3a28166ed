import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { HviewError, fileError } from '../../runtime/errors.js';
import { isHostName, isWildcardHost, parseEndpoint, parsePort } from '../endpoint.js';
import type { HadoopConfiguration } from './hadoop-configuration.js';
import { defaultPort, type HdfsRole } from './hdfs-role.js';

/** A daemon as the configuration names it. */
export interface ConfiguredDaemon {
  readonly role: HdfsRole;
  /** Name or IP address in canonical form. */
  readonly host: string;
  /** The port of its entity id; null where the role has none, or the log has to tell. */
  readonly port: number | null;
  /** All ports it is known to listen on. */
  readonly ports: readonly number[];
}

/** The cluster as the files in a configuration folder describe it. */
export interface HdfsCluster {
  readonly daemons: readonly ConfiguredDaemon[];
  /** Ports that a role's daemons listen on wherever they are; the first is the one of the id. */
  readonly rolePorts: ReadonlyMap<HdfsRole, readonly number[]>;
}

export const NO_CLUSTER: HdfsCluster = { daemons: [], rolePorts: new Map() };

const DATANODE_PORTS = [
  'dfs.datanode.address',
  'dfs.datanode.ipc.address',
  'dfs.datanode.http.address',
  'dfs.datanode.https.address',
];
const JOURNALNODE_PORTS = ['dfs.journalnode.rpc-address', 'dfs.journalnode.http-address'];
const OTHER_NAMENODE_PORTS = [
  'dfs.namenode.servicerpc-address',
  'dfs.namenode.lifeline.rpc-address',
  'dfs.namenode.http-address',
  'dfs.namenode.https-address',
];
const RPC_ADDRESS = 'dfs.namenode.rpc-address';

/**
 * Reads hdfs-site.xml, core-site.xml and workers (slaves until Hadoop 2) in `folder`. Throws
 * HviewError CONFIG_INVALID when there is no hdfs-site.xml or a file is not what it should be.
 */
export async function readHdfsCluster(folder: string): Promise<HdfsCluster> {
  const site = join(folder, 'hdfs-site.xml');
  if (!existsSync(site)) {
    throw new HviewError('CONFIG_INVALID', `there is no hdfs-site.xml in ${folder}`, {
      hint: 'Give the folder of the Hadoop configuration with --conf, such as /etc/hadoop/conf.',
    });
  }
  const files = [join(folder, 'core-site.xml'), site].filter((file) => existsSync(file));
  // Loaded only here: agents of other systems need no XML.
  const { readHadoopConfiguration } = await import('./hadoop-configuration.js');
  const configuration = await readHadoopConfiguration(files);
  const nameNodes = nameNodesOf(configuration);
  const journalNodes = journalNodesOf(configuration);
  const rolePorts = portsOfRoles(configuration);
  const dataNodePorts = rolePorts.get('dn') ?? [];
  const dataNodes = (await workersOf(folder, configuration)).map((host): ConfiguredDaemon => {
    return { role: 'dn', host, port: dataNodePorts[0] ?? null, ports: dataNodePorts };
  });
  return {
    daemons: [...nameNodes, ...journalNodes, ...controllersOf(configuration, nameNodes), ...dataNodes],
    rolePorts,
  };
}

/** Every NameNode of every nameservice, `[.NAMESERVICE[.ID]]` being the end of its settings' names. */
function nameNodesOf(configuration: HadoopConfiguration): ConfiguredDaemon[] {
  const suffixes = configuration.namesWith(RPC_ADDRESS).map((name) => name.slice(RPC_ADDRESS.length));
  const nameNodes = suffixes.flatMap((suffix): ConfiguredDaemon[] => {
    const address = configuration.get(RPC_ADDRESS + suffix);
    const daemon = address === null ? null : daemonAt('nn', address, 8020);
    if (daemon === null) return [];
    const ports = OTHER_NAMENODE_PORTS.map((name) => portIn(configuration.get(name + suffix)));
    return [{ ...daemon, ports: [...daemon.ports, ...ports.filter((port) => port !== null)] }];
  });
  if (nameNodes.length > 0) return nameNodes;
  // Without a nameservice the file system's own address is that of its NameNode.
  const url = configuration.get('fs.defaultFS') ?? configuration.get('fs.default.name') ?? '';
  const authority = /^hdfs:\/\/([^/]+)/.exec(url)?.[1];
  if (authority === undefined || configuration.list('dfs.nameservices').includes(authority)) return [];
  const only = daemonAt('nn', authority, 8020);
  return only === null ? [] : [only];
}

/** `qjournal://jn1:8485;jn2:8485;jn3:8485/ID` in any of the settings that end in a nameservice or not. */
function journalNodesOf(configuration: HadoopConfiguration): ConfiguredDaemon[] {
  const http = portIn(configuration.get('dfs.journalnode.http-address'));
  const byAddress = new Map<string, ConfiguredDaemon>();
  for (const name of configuration.namesWith('dfs.namenode.shared.edits.dir')) {
    const authorities = /^qjournal:\/\/([^/]+)/.exec(configuration.get(name) ?? '')?.[1] ?? '';
    for (const address of authorities.split(';')) {
      const daemon = daemonAt('jn', address.trim(), 8485);
      if (daemon === null) continue;
      byAddress.set(address, http === null ? daemon : { ...daemon, ports: [...daemon.ports, http] });
    }
  }
  return [...byAddress.values()];
}

/** A failover controller runs beside each NameNode of a pair. */
function controllersOf(
  configuration: HadoopConfiguration,
  nameNodes: readonly ConfiguredDaemon[],
): ConfiguredDaemon[] {
  if (nameNodes.length < 2) return [];
  const port = parsePort(configuration.get('dfs.ha.zkfc.port') ?? '') ?? defaultPort('zkfc', 3);
  const ports = port === null ? [] : [port];
  return nameNodes.map(({ host }) => ({ role: 'zkfc', host, port, ports }));
}

function portsOfRoles(configuration: HadoopConfiguration): ReadonlyMap<HdfsRole, readonly number[]> {
  const portsOf = (names: readonly string[]) => {
    const ports = names.map((name) => portIn(configuration.get(name)));
    // The first is the id's; without it the others would take its place.
    return ports[0] === null ? [] : ports.filter((port) => port !== null);
  };
  const zkfc = parsePort(configuration.get('dfs.ha.zkfc.port') ?? '');
  return new Map<HdfsRole, readonly number[]>([
    ['dn', portsOf(DATANODE_PORTS)],
    ['jn', portsOf(JOURNALNODE_PORTS)],
    ['zkfc', zkfc === undefined ? [] : [zkfc]],
  ]);
}

/** DataNodes by name: from workers or slaves, and from the list of those that may join. */
async function workersOf(folder: string, configuration: HadoopConfiguration): Promise<string[]> {
  const hosts = new Set<string>();
  const lists = [join(folder, 'workers'), join(folder, 'slaves')].filter((file) => existsSync(file));
  const included = configuration.get('dfs.hosts');
  // The NameNode's own path need not exist where this runs.
  if (included !== null && isAbsolute(included) && existsSync(included)) lists.push(included);
  for (const file of lists) {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      throw fileError('CONFIG_INVALID', 'list of DataNodes', file, error);
    }
    for (const host of hostsIn(text)) hosts.add(host);
  }
  // The example that Hadoop ships names this machine, which nobody means in a cluster.
  if (hosts.size === 1 && hosts.has('localhost')) hosts.clear();
  return [...hosts];
}

/** One or more hosts a line, `#` comments; or the JSON form, of which the names are taken. */
function hostsIn(text: string): string[] {
  const isJson = /^\s*[[{]/.test(text);
  const words = isJson
    ? [...text.matchAll(/"hostName"\s*:\s*"([^"]{1,253})"/g)].map(([, host]) => host ?? '')
    : text.split('\n').flatMap((line) => line.replace(/#.*$/, '').trim().split(/\s+/));
  return words.flatMap((word) => {
    const endpoint = word === '' ? null : parseEndpoint(word);
    const host = endpoint?.ip ?? endpoint?.name;
    return host === null || host === undefined || isWildcardHost(host) ? [] : [host];
  });
}

/** Null when the text names no host, or every address of the machine. */
function daemonAt(role: HdfsRole, address: string, port: number): ConfiguredDaemon | null {
  const endpoint = parseEndpoint(address);
  const host = endpoint?.ip ?? endpoint?.name;
  if (host === null || host === undefined || isWildcardHost(host)) return null;
  if (endpoint?.ip === null && !isHostName(host)) return null;
  const own = endpoint?.port ?? port;
  return { role, host, port: own, ports: [own] };
}

function portIn(address: string | null): number | null {
  return address === null ? null : (parseEndpoint(address)?.port ?? null);
}
