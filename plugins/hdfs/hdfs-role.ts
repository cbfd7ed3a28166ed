import { isIP } from 'node:net';

/** What a daemon of HDFS does: its short name is the first part of its entity id. */
export type HdfsRole = 'nn' | 'dn' | 'jn' | 'zkfc' | 'balancer' | 'snn';

export const HDFS_ROLES: readonly HdfsRole[] = ['nn', 'dn', 'jn', 'zkfc', 'balancer', 'snn'];

/** Other words for the roles, as they are used in file names and on command lines. */
const ALIASES: Readonly<Record<string, HdfsRole>> = {
  namenode: 'nn',
  datanode: 'dn',
  journalnode: 'jn',
  failovercontroller: 'zkfc',
  secondarynamenode: 'snn',
  '2nn': 'snn',
};

/** Daemons by what they call themselves in `STARTUP_MSG: Starting ...` and by their main class. */
const DAEMONS: Readonly<Record<string, HdfsRole>> = {
  NameNode: 'nn',
  DataNode: 'dn',
  SecureDataNodeStarter: 'dn',
  JournalNode: 'jn',
  DFSZKFailoverController: 'zkfc',
  Balancer: 'balancer',
  SecondaryNameNode: 'snn',
};

/** The ports that Hadoop 3 and Hadoop 2 use when none is configured; the first is the one of the id. */
const USUAL_PORTS: Readonly<Record<HdfsRole, readonly [hadoop3: number[], hadoop2: number[]]>> = {
  nn: [
    [8020, 9870, 9871],
    [8020, 9000, 50070, 50470],
  ],
  dn: [
    [9866, 9867, 9864, 9865],
    [50010, 50020, 50075, 50475],
  ],
  jn: [
    [8485, 8480, 8481],
    [8485, 8480, 8481],
  ],
  zkfc: [[8019], [8019]],
  balancer: [[], []],
  snn: [
    [9868, 9869],
    [50090, 50091],
  ],
};

/** Roles that are told apart by their host alone, because no other daemon connects to them. */
const PORTLESS: ReadonlySet<HdfsRole> = new Set(['balancer', 'snn']);

/** The role that a text names in any case, by its short name or a usual longer one; null when it is none. */
export function roleFromName(text: string): HdfsRole | null {
  const name = text.toLowerCase();
  return HDFS_ROLES.find((role) => role === name) ?? ALIASES[name] ?? null;
}

/** The role of the daemon with that main class; null: no daemon of HDFS. */
export function roleOfDaemon(className: string): HdfsRole | null {
  return Object.hasOwn(DAEMONS, className) ? (DAEMONS[className] ?? null) : null;
}

/** The role whose daemons usually listen on a port; null when none does. */
export function roleOfPort(port: number): HdfsRole | null {
  return HDFS_ROLES.find((role) => USUAL_PORTS[role].some((ports) => ports.includes(port))) ?? null;
}

/** The port in a role's entity ids when nothing else is known; null for roles without one. */
export function defaultPort(role: HdfsRole, majorVersion: number): number | null {
  const [hadoop3, hadoop2] = USUAL_PORTS[role];
  return PORTLESS.has(role) ? null : ((majorVersion === 2 ? hadoop2 : hadoop3)[0] ?? null);
}

/** `dn`, `10.0.0.7`, 9866 → `dn@10.0.0.7:9866`; roles that are known by their host have no port. */
export function entityId(role: HdfsRole, host: string, port: number | null): string {
  if (port === null || PORTLESS.has(role)) return `${role}@${host}`;
  return `${role}@${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
