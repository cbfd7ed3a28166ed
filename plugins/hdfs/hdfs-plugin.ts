import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import { canonicalHost, parseEndpoint } from '../endpoint.js';
import { isTimeZone } from '../log-time.js';
import type { LogPlugin, LogPluginFactory, PluginContext } from '../log-plugin.js';
import { systemLookup, type HostLookup } from '../host-lookup.js';
import { HdfsDirectory } from './hdfs-directory.js';
import { NO_CLUSTER, readHdfsCluster } from './hdfs-cluster.js';
import { HdfsMembers, type HdfsMember, type MembersView } from './hdfs-members.js';
import { MEMORY_LITERALS } from './hdfs-memory.js';
import { HDFS_ROLES, defaultPort, entityId, roleFromName, type HdfsRole } from './hdfs-role.js';
import { HdfsStream, type HdfsStreamOptions } from './hdfs-stream.js';
import { OWN_LITERALS, TRANSFER_LITERAL, type StatedIdentity } from './own-identity.js';

/** The others are made up by the stream: what it remembers, or the daemon's id. */
const VERBATIM_FIELDS = ['time', 'level', 'logger', 'class', 'thread', 'file', 'content', 'tag_context'];

/** All fields that a record has; `phase` and `pipeline` are what the stream remembers. */
const FIELDS = [...VERBATIM_FIELDS, 'method', 'line', 'tag_subject', 'role', 'phase', 'pipeline'];

/** Looked for in this order when --conf is not given. */
const USUAL_FOLDERS = ['etc/hadoop', 'conf', '/etc/hadoop/conf', '/etc/hadoop', '/opt/hadoop/etc/hadoop'];

/** The plugin for HDFS of Hadoop 2.10 to 3.4, with the way host names are resolved. */
export function createHdfsFactory(lookup: HostLookup): LogPluginFactory {
  return {
    name: 'hdfs',
    summary: 'HDFS of Hadoop 2.10 to 3.4, logs of its daemons',
    options: [
      {
        name: 'conf',
        help: `folder of hdfs-site.xml, core-site.xml and workers; default: the first of ${USUAL_FOLDERS.join(', ')} that there is`,
      },
      {
        name: 'role',
        help: `whose log it is: ${HDFS_ROLES.join(', ')}; default: what the log says`,
      },
      {
        name: 'host',
        help: "the daemon's own address as the others know it, host[:port]; default: what the configuration and the log say",
      },
    ],
    fields: FIELDS,
    create: (context) => createPlugin(context, lookup),
    createForExamples: () => pluginOver(exampleOptions(), 'UTC', null),
  };
}

export const hdfsFactory: LogPluginFactory = createHdfsFactory(systemLookup);

async function createPlugin(context: PluginContext, lookup: HostLookup): Promise<LogPlugin> {
  const { options, timeZone, notice, clock = systemClock } = context;
  if (timeZone !== null && !isTimeZone(timeZone)) {
    throw new HviewError('USAGE', `there is no time zone '${timeZone}'`, {
      hint: 'Give an IANA name such as UTC or Europe/Berlin.',
    });
  }
  const stated = await readStatedIdentity(options, lookup);
  const folder = options['conf'] ?? USUAL_FOLDERS.find((usual) => existsSync(join(usual, 'hdfs-site.xml')));
  const cluster = folder === undefined ? NO_CLUSTER : await readHdfsCluster(folder);
  if (folder === undefined) {
    notice('there is no hdfs-site.xml: who belongs to the cluster shows only as the log tells');
  }
  const members = await HdfsMembers.open({ cluster, lookup, clock, notice });
  const assumed = { role: null, hostOf: (role: HdfsRole) => hostOfThisMachine(role, members) };
  return pluginOver({ members, stated, assumed }, timeZone, statedObserver(stated, members));
}

/** Null when the log has to tell a part of it. */
function statedObserver({ role, host, port }: StatedIdentity, members: MembersView): string | null {
  if (role === null || host === null) return null;
  if (port !== null || defaultPort(role, 3) === null) return entityId(role, host, port);
  const endpoint = parseEndpoint(host);
  const owner = endpoint === null ? null : new HdfsDirectory(members).ownerOf(role, endpoint);
  return owner?.kind === 'entity' ? owner.id : null;
}

async function readStatedIdentity(
  options: Readonly<Record<string, string>>,
  lookup: HostLookup,
): Promise<StatedIdentity> {
  const roleName = options['role'];
  const address = options['host'];
  const role = roleName === undefined ? null : roleFromName(roleName);
  if (roleName !== undefined && role === null) {
    throw new HviewError('USAGE', `--role: there is no role '${roleName}'`, {
      hint: `The roles are ${HDFS_ROLES.join(', ')}.`,
    });
  }
  if (address === undefined) return { role, host: null, port: null };
  const endpoint = parseEndpoint(address);
  const host = endpoint?.ip ?? endpoint?.name ?? null;
  if (endpoint === null || host === null) {
    throw new HviewError('USAGE', `--host: '${address}' is no address`, {
      hint: 'Write a host name or an IP address, with :port where the port is not the usual one.',
    });
  }
  if (endpoint.ip !== null) return { role, host, port: endpoint.port };
  // Messages name daemons by address, so that is what ids hold; a name that has none stays.
  const [first = host] = await lookup(host).catch(() => []);
  return { role, host: first, port: endpoint.port };
}

/** The configured daemon of that role with an address of this machine, when there is just one. */
function hostOfThisMachine(role: HdfsRole, { members }: MembersView): string | null {
  const candidates = members.filter((member) => member.role === role);
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined && (role === 'nn' || role === 'jn')) return only.host;
  const local = new Set(
    Object.values(networkInterfaces())
      .flat()
      .filter((address) => address !== undefined && !address.internal)
      .map((address) => canonicalHost(address?.address ?? '')),
  );
  const here = candidates.filter(({ hosts }) => hosts.some((host) => local.has(host)));
  return here.length === 1 ? (here[0]?.host ?? null) : null;
}

function pluginOver(
  { members, stated, assumed }: Omit<HdfsStreamOptions, 'timeZone'>,
  timeZone: string | null,
  observer: string | null,
): LogPlugin {
  const isKnown = stated.host !== null;
  return {
    name: 'hdfs',
    module: 'HDFS',
    observer,
    defaultRuleSet: 'hdfs.json',
    verbatimFields: VERBATIM_FIELDS,
    memoryLiterals: [...MEMORY_LITERALS, ...OWN_LITERALS, ...(isKnown ? [] : [TRANSFER_LITERAL])],
    openStream: () => new HdfsStream({ members, stated, assumed, timeZone }),
    close: () => members.close(),
  };
}

/**
 * NameNodes nn1 and nn2 and their failover controllers on 10.0.0.1 and .2, JournalNodes jn1 to jn3 on
 * .1 to .3, DataNodes dn1 to dn9 on .11 to .19. The same daemons have addresses in 10.82.0: masterN is
 * .(N + 10), workerN is .(N + 20). A line that does not say otherwise is of the first daemon of its
 * role, and of a DataNode where the role does not show.
 */
function exampleOptions(): Omit<HdfsStreamOptions, 'timeZone'> {
  const daemons = (
    role: HdfsRole,
    port: number,
    count: number,
    name: string,
    alias: string,
    offset: number,
  ): HdfsMember[] =>
    Array.from({ length: count }, (_, index) => index + 1).map((number) => {
      const host = `10.0.0.${number + offset}`;
      const second = `10.82.0.${number + (role === 'dn' ? 20 : 10)}`;
      const hosts = [host, `${name}${number}`, second, `${alias}${number}`];
      return { role, host, port, hosts, ports: [port] };
    });
  const members: MembersView = {
    members: [
      ...daemons('nn', 8020, 2, 'nn', 'master', 0),
      ...daemons('zkfc', 8019, 2, 'nn', 'master', 0),
      ...daemons('jn', 8485, 3, 'jn', 'master', 0),
      ...daemons('dn', 9866, 9, 'dn', 'worker', 10),
    ],
    version: 1,
    idPort: () => null,
    roleOfConfiguredPort: () => null,
    close: () => undefined,
  };
  return {
    members,
    stated: { role: null, host: null, port: null },
    assumed: { role: 'dn', hostOf: (role) => (role === 'dn' ? '10.0.0.11' : '10.0.0.1') },
  };
}
