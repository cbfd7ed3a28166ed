import { existsSync } from 'node:fs';
import { HviewError } from '../../runtime/errors.js';
import { isTimeZone } from '../log-time.js';
import type { LogPlugin, LogPluginFactory, PluginContext } from '../log-plugin.js';
import { systemLookup, type HostLookup } from '../host-lookup.js';
import { MEMORY_LITERALS } from './cassandra-memory.js';
import { findKnownNodes, type KnownNodes } from './cassandra-nodes.js';
import { CassandraStream } from './cassandra-stream.js';
import { DEFAULT_STORAGE_PORT, nodeId, readEndpoint } from './node-address.js';

/** The others are made up by the stream: what it remembers, or the observer's id. */
const VERBATIM_FIELDS = ['time', 'level', 'thread', 'file', 'line', 'content', 'tag_context'];

/** All fields that a record has; `phase`, `peer` and `peer_state` are what the stream remembers. */
const FIELDS = [...VERBATIM_FIELDS, 'tag_subject', 'phase', 'peer', 'peer_state'];

/** Looked for in this order when --config is not given. */
const USUAL_CONFIGS = [
  'conf/cassandra.yaml',
  '/etc/cassandra/cassandra.yaml',
  '/etc/cassandra/conf/cassandra.yaml',
];

/** The plugin for Cassandra 3.11 to 5.0, with the way host names are resolved. */
export function createCassandraFactory(lookup: HostLookup): LogPluginFactory {
  return {
    name: 'cassandra',
    summary: 'Cassandra 3.11 to 5.0, system.log',
    options: [
      {
        name: 'config',
        help: `the node's cassandra.yaml; default: the first of ${USUAL_CONFIGS.join(', ')} that there is`,
      },
      {
        name: 'address',
        help: "the node's own address as the others know it, host[:port]; default: what cassandra.yaml and the log say",
      },
      {
        name: 'peers',
        help: 'further nodes, host[:port] separated by commas; default: the seeds, and whom gossip names',
      },
    ],
    fields: FIELDS,
    create: (context) => createPlugin(context, lookup),
    createForExamples: () => pluginOver(exampleNodes(), 'UTC', () => undefined),
  };
}

export const cassandraFactory: LogPluginFactory = createCassandraFactory(systemLookup);

async function createPlugin(context: PluginContext, lookup: HostLookup): Promise<LogPlugin> {
  const { options, timeZone, notice } = context;
  if (timeZone !== null && !isTimeZone(timeZone)) {
    throw new HviewError('USAGE', `there is no time zone '${timeZone}'`, {
      hint: 'Give an IANA name such as UTC or Europe/Berlin.',
    });
  }
  const path = options['config'] ?? USUAL_CONFIGS.find((usual) => existsSync(usual)) ?? null;
  const ownAddress = options['address'] ?? null;
  if (ownAddress !== null && readEndpoint(ownAddress) === null) throw badAddress('address', ownAddress);
  const peers = (options['peers'] ?? '')
    .split(',')
    .map((peer) => peer.trim())
    .filter((peer) => peer !== '');
  for (const peer of peers) if (readEndpoint(peer) === null) throw badAddress('peers', peer);

  // Loaded only here: agents of other systems need no YAML.
  const { readCassandraConfig } = await import('./cassandra-config.js');
  const config = path === null ? null : await readCassandraConfig(path);
  const known = await findKnownNodes({ config, ownAddress, peers, lookup, notice });
  if (ownAddress !== null && known.own === null) {
    throw new HviewError('CONFIG_INVALID', `--address ${ownAddress} does not resolve`, {
      hint: 'Give the IP address by which the other nodes know this one.',
    });
  }
  if (path === null && known.own === null) {
    notice(
      'there is no cassandra.yaml: which node it is shows when the log next tells, at its start at the latest',
    );
  }
  return pluginOver(known, timeZone, notice);
}

function badAddress(option: string, text: string): HviewError {
  return new HviewError('USAGE', `--${option}: '${text}' is no address`, {
    hint: 'Write a host name or an IP address, with :port where the storage port is not the usual one.',
  });
}

function pluginOver(
  known: KnownNodes,
  timeZone: string | null,
  notice: (message: string) => void,
): LogPlugin {
  return {
    name: 'cassandra',
    module: 'Cassandra',
    observer: known.own === null ? null : nodeId(known.own),
    defaultRuleSet: 'cassandra.json',
    verbatimFields: VERBATIM_FIELDS,
    memoryLiterals: MEMORY_LITERALS,
    openStream: () => new CassandraStream({ known, timeZone, notice }),
    close: () => undefined,
  };
}

/** Nodes 1 to 9 of 10.0.0.x and 127.0.0.x, and 11 to 19 of 10.83.0.x, on port 7000; the log is of 10.0.0.1. */
function exampleNodes(): KnownNodes {
  const hosts = (net: string, first: number) =>
    Array.from({ length: 9 }, (_, index) => `${net}.${first + index}`);
  const ips = [...hosts('10.0.0', 1), ...hosts('127.0.0', 1), ...hosts('10.83.0', 11)];
  const others = ips.map((ip) => ({ address: { ip, port: DEFAULT_STORAGE_PORT }, name: null }));
  const own = { ip: '10.0.0.1', port: DEFAULT_STORAGE_PORT };
  return { own, ownListening: null, isOwnStated: false, others, defaultPort: DEFAULT_STORAGE_PORT };
}
