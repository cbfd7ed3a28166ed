import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../runtime/clock.js';
import { HviewError, fileError, systemErrorCode } from '../../runtime/errors.js';
import { isWildcardHost } from '../endpoint.js';
import { EntityMap } from '../entity-map.js';
import { isTimeZone } from '../log-time.js';
import type { LogPlugin, LogPluginFactory, PluginContext } from '../log-plugin.js';
import { systemLookup, type HostLookup } from '../host-lookup.js';
import { readZooKeeperCluster, serverId, type ZooKeeperCluster } from './zookeeper-cluster.js';
import { ZooKeeperEnsemble, peerId } from './zookeeper-ensemble.js';
import { MEMORY_LITERALS, OWN_ID_LITERAL } from './zookeeper-memory.js';
import { ZooKeeperStream, type EnsembleView } from './zookeeper-stream.js';

/** `id` is left out: a line may hold none, and the field is then filled in. */
const VERBATIM_FIELDS = ['time', 'level', 'tag', 'class', 'line', 'content', 'tag_context'];

/** All that a record can have, see README.md. */
const FIELDS = [...VERBATIM_FIELDS, 'id', 'tag_subject', 'role', 'leader', 'link', 'quorum', 'voter', 'myid'];

/** The plugin for ZooKeeper 3.4 to 3.9, with the way host names are resolved. */
export function createZooKeeperFactory(lookup: HostLookup): LogPluginFactory {
  return {
    name: 'zookeeper',
    summary: 'ZooKeeper 3.4 to 3.9, server logs',
    options: [
      {
        name: 'ensemble',
        help: "ZooKeeper's configuration, which names the servers",
        default: 'conf/zoo.cfg',
      },
      {
        name: 'myid',
        help: "the server's myid file, or its id; default: the file myid in dataDir, else what the log says",
      },
    ],
    fields: FIELDS,
    create: (context) => createPlugin(context, lookup),
    createForExamples: () => pluginOver(exampleEnsemble(), '1', 'UTC', () => undefined),
  };
}

export const zooKeeperFactory: LogPluginFactory = createZooKeeperFactory(systemLookup);

async function createPlugin(context: PluginContext, lookup: HostLookup): Promise<LogPlugin> {
  const { options, timeZone, notice, clock = systemClock } = context;
  if (timeZone !== null && !isTimeZone(timeZone)) {
    throw new HviewError('USAGE', `there is no time zone '${timeZone}'`, {
      hint: 'Give an IANA name such as UTC or Europe/Berlin.',
    });
  }
  const path = options['ensemble'] ?? 'conf/zoo.cfg';
  const cluster = await readZooKeeperCluster(path);
  const ownId = await findOwnId(options['myid'], cluster, path);
  if (cluster.servers.size === 0) {
    notice(`${path} names no servers: ${peerId(ownId ?? '0')} is taken as a server on its own`);
  }
  const ensemble = await ZooKeeperEnsemble.open({ path, ownId, lookup, clock, notice }, cluster);
  return pluginOver(ensemble, ownId, timeZone, notice);
}

function pluginOver(
  ensemble: EnsembleView & { close(): void },
  ownId: string | null,
  timeZone: string | null,
  notice: (message: string) => void,
): LogPlugin {
  return {
    name: 'zookeeper',
    module: 'ZooKeeper',
    observer: ownId === null ? null : peerId(ownId),
    defaultRuleSet: 'zookeeper.json',
    verbatimFields: VERBATIM_FIELDS,
    memoryLiterals: ownId === null ? [...MEMORY_LITERALS, OWN_ID_LITERAL] : MEMORY_LITERALS,
    openStream: () => new ZooKeeperStream({ ensemble, ownId, timeZone, notice }),
    close: () => ensemble.close(),
  };
}

/**
 * Servers 0 to 9, of which 1, 2 and 3 vote; server N is zkN, 10.77.0.(N + 10), 10.79.0.(N + 10) or
 * 10.0.0.(N + 4), with the usual ports. A line that does not say otherwise is of server 1.
 */
function exampleEnsemble(): EnsembleView & { close(): void } {
  const ids = Array.from({ length: 10 }, (_, id) => id);
  const members = ids.map((id) => ({
    id: peerId(String(id)),
    hosts: [`zk${id}`, `10.77.0.${id + 10}`, `10.79.0.${id + 10}`, `10.0.0.${id + 4}`],
    ports: [2181, 2888, 3888],
  }));
  const entities = new EntityMap(members);
  return {
    entities,
    voters: new Set(['1', '2', '3']),
    hasServer: (id) => entities.has(peerId(id)),
    unknownAddressSeen: () => undefined,
    close: () => undefined,
  };
}

/** Null: only the log can tell. Throws CONFIG_INVALID when the id found is not one of the ensemble. */
async function findOwnId(
  option: string | undefined,
  cluster: ZooKeeperCluster,
  ensemblePath: string,
): Promise<string | null> {
  const { servers, dataDir } = cluster;
  if (option !== undefined) {
    const text = await readMyid(option, /^\d+$/.test(option.trim()) ? option : null);
    return memberId(text, option === text ? '--myid' : option, cluster, ensemblePath);
  }
  if (dataDir !== null) {
    const file = join(dataDir, 'myid');
    const text = await readMyid(file, '');
    if (text !== '') return memberId(text, file, cluster, ensemblePath);
  }
  if (servers.size === 0) return '0';
  // In containers a server's own line often names the wildcard address, which is nobody else's.
  const wildcards = [...servers].filter(([, { hosts }]) => hosts.every(({ host }) => isWildcardHost(host)));
  return wildcards.length === 1 ? (wildcards[0]?.[0] ?? null) : null;
}

/** What the file holds, or `otherwise` when there is no such file; throws when that is null. */
async function readMyid(file: string, otherwise: string | null): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (otherwise !== null && ['ENOENT', 'EACCES', 'ENOTDIR'].includes(systemErrorCode(error) ?? ''))
      return otherwise;
    const failed = fileError('CONFIG_INVALID', 'the myid file', file, error);
    throw new HviewError('CONFIG_INVALID', `cannot read ${failed.message}`, {
      hint: "Give the server's myid file or its id with --myid.",
      cause: error,
    });
  }
}

function memberId(text: string, source: string, cluster: ZooKeeperCluster, ensemblePath: string): string {
  const hint = "Give the server's own myid file or its id with --myid.";
  const id = serverId(text.trim());
  if (id === null) {
    const shown = text.length > 40 ? `${text.slice(0, 37)}...` : text;
    throw new HviewError('CONFIG_INVALID', `${source}: '${shown}' is no server id`, { hint });
  }
  const { servers } = cluster;
  if (servers.size > 0 && !servers.has(id)) {
    const members = [...servers.keys()].join(', ');
    const message = `${source}: server ${id} is not in the ensemble; ${ensemblePath} names ${members}`;
    throw new HviewError('CONFIG_INVALID', message, { hint });
  }
  return id;
}
