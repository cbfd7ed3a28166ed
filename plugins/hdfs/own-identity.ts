import { canonicalHost, isWildcardHost, parseEndpoint, parsePort, type Endpoint } from '../endpoint.js';
import type { HdfsDirectory } from './hdfs-directory.js';
import { entityId, roleFromName, roleOfDaemon, type HdfsRole } from './hdfs-role.js';

/** What the user says of the daemon whose log it is. Null: the log has to tell. */
export interface StatedIdentity {
  readonly role: HdfsRole | null;
  readonly host: string | null;
  readonly port: number | null;
}

/** What to take for the daemon when neither the user nor the log has told. */
export interface AssumedIdentity {
  readonly role: HdfsRole | null;
  /** The host of a daemon of that role; null: cannot be told. */
  hostOf(role: HdfsRole): string | null;
}

/** Lines of the banner that only come as continuations. */
const BANNER_HOST = /^STARTUP_MSG: {3}host = ([^\s/]{1,253})\/(\S{1,64})$/;
const BANNER_DAEMON = /^STARTUP_MSG: Starting (\w{1,60})$/;
const BANNER_VERSION = /^STARTUP_MSG: {3}version = (\d{1,3})\./;

const LISTENING_DATANODE = /^Opened streaming server at \S{0,60}?:(\d{1,5})$/;
const OWN_REGISTRATION = /^DatanodeRegistration\(([^\s,()]{3,80}), datanodeUuid=([0-9a-f-]{36})/;
const NAMENODE_ADDRESS = /^NameNode RPC up at: (\S{1,300}?)\.?$/;
const CONTROLLER_ADDRESS = /^ZKFC RpcServer binding to (\S{1,300})$/;
const RPC_LISTENER = /^IPC Server listener on (\d{1,5}): starting$/;
const TRANSFER_TARGET = / dest: \/(\S{3,80})$/;

/** A line can teach something of the daemon itself only if it contains one of these. */
export const OWN_LITERALS: readonly string[] = [
  'STARTUP_MSG:   host = ',
  'STARTUP_MSG: Starting ',
  'STARTUP_MSG:   version = ',
  'Opened streaming server at ',
  'DatanodeRegistration(',
  'NameNode RPC up at: ',
  'ZKFC RpcServer binding to ',
  'IPC Server listener on ',
];

/** Says where a DataNode is when nothing else does; frequent, so looked for only when it has to be. */
export const TRANSFER_LITERAL = 'Receiving BP-';

/** Classes that only daemons of one role log from; the rest are shared between them. */
const TELLING_CLASSES: Readonly<Record<string, HdfsRole>> = {
  DataNode: 'dn',
  BlockReceiver: 'dn',
  DataXceiver: 'dn',
  DataXceiverServer: 'dn',
  BPServiceActor: 'dn',
  BPOfferService: 'dn',
  FsDatasetImpl: 'dn',
  FsDatasetAsyncDiskService: 'dn',
  DatasetVolumeChecker: 'dn',
  StorageLocationChecker: 'dn',
  ThrottledAsyncChecker: 'dn',
  VolumeScanner: 'dn',
  BlockScanner: 'dn',
  DirectoryScanner: 'dn',
  NameNode: 'nn',
  StateChange: 'nn',
  BlockStateChange: 'nn',
  DatanodeManager: 'nn',
  DatanodeDescriptor: 'nn',
  HeartbeatManager: 'nn',
  BlockManager: 'nn',
  BlockManagerSafeMode: 'nn',
  BlockReportLeaseManager: 'nn',
  SlowPeerTracker: 'nn',
  PendingReconstructionBlocks: 'nn',
  NameNodeResourceChecker: 'nn',
  QuorumJournalManager: 'nn',
  EditLogTailer: 'nn',
  StandbyCheckpointer: 'nn',
  FSEditLogAsync: 'nn',
  FSEditLog: 'nn',
  FSNamesystem: 'nn',
  Journal: 'jn',
  JournalNode: 'jn',
  JournalNodeSyncer: 'jn',
  ZKFailoverController: 'zkfc',
  DFSZKFailoverController: 'zkfc',
  HealthMonitor: 'zkfc',
  NodeFencer: 'zkfc',
  ActiveStandbyElector: 'zkfc',
  Balancer: 'balancer',
  Dispatcher: 'balancer',
  SecondaryNameNode: 'snn',
};

/** The role of a daemon that logs from this class; null when several do. */
function roleOfClass(className: string): HdfsRole | null {
  return Object.hasOwn(TELLING_CLASSES, className) ? (TELLING_CLASSES[className] ?? null) : null;
}

/**
 * Whose log it is. The user's word holds; else what the log tells: the banner at the start, the
 * addresses that the daemon opens, its own registration; else what the configuration leaves possible.
 */
export class OwnIdentity {
  readonly #stated: StatedIdentity;
  readonly #assumed: AssumedIdentity;
  readonly #directory: HdfsDirectory;
  /** From the banner, which leaves no doubt. */
  #role: HdfsRole | null = null;
  /** From a class that logged. */
  #likelyRole: HdfsRole | null = null;
  #name: string | null = null;
  #ip: string | null = null;
  #port: number | null = null;
  /** Null: has to be worked out anew. */
  #id: string | null = null;

  constructor(stated: StatedIdentity, assumed: AssumedIdentity, directory: HdfsDirectory) {
    this.#stated = stated;
    this.#assumed = assumed;
    this.#directory = directory;
  }

  get role(): HdfsRole | null {
    return this.#stated.role ?? this.#role ?? this.#likelyRole ?? this.#assumed.role;
  }

  /** Entity id of the daemon whose log it is; null as long as nobody told. */
  get id(): string | null {
    this.#id ??= this.#findId();
    return this.#id;
  }

  /** The network address of the daemon's host; null when not known. */
  get ip(): string | null {
    return this.#ip;
  }

  /** Learns from a line that starts no record. */
  noteContinuation(line: string): void {
    if (!line.startsWith('STARTUP_MSG: ')) return;
    const [, name, ip] = BANNER_HOST.exec(line) ?? [];
    const endpoint = ip === undefined ? null : parseEndpoint(ip);
    if (name !== undefined && endpoint !== null) {
      this.#name = canonicalHost(name);
      this.#moveTo(endpoint, null);
    }
    const daemon = BANNER_DAEMON.exec(line)?.[1];
    const role = daemon === undefined ? null : (roleOfDaemon(daemon) ?? roleFromName(daemon));
    if (role !== null) this.#setRole(role);
    const version = BANNER_VERSION.exec(line)?.[1];
    if (version !== undefined) {
      this.#directory.learnVersion(Number(version) <= 2 ? 2 : 3);
      this.#id = null;
    }
  }

  /** Learns from a record. */
  noteRecord(className: string, content: string): void {
    if (content.startsWith('STARTUP_MSG')) {
      const role = roleOfDaemon(className);
      if (role !== null) this.#setRole(role);
      // A new start: the port may be another one.
      this.#port = null;
      return;
    }
    if (this.#stated.role === null && this.#role === null && this.#likelyRole === null) {
      const likely = roleOfClass(className);
      if (likely !== null) {
        this.#likelyRole = likely;
        this.#id = null;
      }
    }
    const { role } = this;
    if (role === 'dn') this.#noteDataNode(content);
    else if (role === 'nn') this.#noteAddress(NAMENODE_ADDRESS.exec(content)?.[1]);
    else if (role === 'zkfc') this.#noteAddress(CONTROLLER_ADDRESS.exec(content)?.[1]);
    else if (role === 'jn') this.#notePort(RPC_LISTENER.exec(content)?.[1]);
  }

  /** As JSON data. */
  save(): unknown {
    return {
      role: this.#role,
      likelyRole: this.#likelyRole,
      name: this.#name,
      ip: this.#ip,
      port: this.#port,
    };
  }

  /** Takes over what `save` gave and leaves out what it does not understand. */
  load(saved: unknown): void {
    if (typeof saved !== 'object' || saved === null) return;
    const nothing = { role: null, likelyRole: null, name: null, ip: null, port: null };
    const { role, likelyRole, name, ip, port }: Record<keyof typeof nothing, unknown> = {
      ...nothing,
      ...saved,
    };
    if (typeof role === 'string') this.#role = roleFromName(role);
    if (typeof likelyRole === 'string') this.#likelyRole = roleFromName(likelyRole);
    if (typeof name === 'string') this.#name = canonicalHost(name);
    if (typeof ip === 'string') this.#ip = parseEndpoint(ip)?.ip ?? null;
    if (typeof port === 'number') this.#port = parsePort(String(port)) ?? null;
    this.#id = null;
  }

  #noteDataNode(content: string): void {
    this.#notePort(LISTENING_DATANODE.exec(content)?.[1]);
    const [, address, uuid] = OWN_REGISTRATION.exec(content) ?? [];
    if (address !== undefined && uuid !== undefined) {
      this.#noteAddress(address);
      if (this.id !== null) this.#directory.learnUuid(uuid, this.id);
    } else if ((this.#ip === null || isLoopback(this.#ip)) && content.startsWith(TRANSFER_LITERAL)) {
      this.#noteAddress(TRANSFER_TARGET.exec(content)?.[1]);
    }
  }

  #noteAddress(text: string | undefined): void {
    const endpoint = text === undefined ? null : parseEndpoint(text);
    if (endpoint === null || endpoint.ip === null || isWildcardHost(endpoint.ip)) {
      if (endpoint?.port !== null && endpoint?.port !== undefined) this.#notePort(String(endpoint.port));
      return;
    }
    // What the banner calls the host may stand for another of its addresses.
    this.#name = endpoint.name;
    this.#moveTo(endpoint, endpoint.port);
  }

  #notePort(text: string | undefined): void {
    const port = text === undefined ? undefined : parsePort(text);
    if (port === undefined || port === this.#port) return;
    this.#port = port;
    this.#id = null;
  }

  #moveTo({ ip }: Endpoint, port: number | null): void {
    if (ip === this.#ip && (port === null || port === this.#port)) return;
    this.#ip = ip;
    if (port !== null) this.#port = port;
    this.#id = null;
  }

  #setRole(role: HdfsRole): void {
    if (role === this.#role) return;
    this.#role = role;
    this.#id = null;
  }

  #findId(): string | null {
    const { role } = this;
    if (role === null) return null;
    const { host, port: statedPort } = this.#stated;
    const learnt = this.#ip ?? this.#name;
    const address = host ?? learnt ?? this.#assumed.hostOf(role);
    if (address === null) return null;
    const parsed = parseEndpoint(address);
    const port = statedPort ?? this.#port;
    if (parsed === null) return entityId(role, address, port ?? this.#directory.idPort(role));
    // The name finds the configured address also where the machine's own files call it 127.0.1.1.
    const name = parsed.name ?? (host === null ? this.#name : null);
    return this.#directory.learn(role, { name, ip: parsed.ip, port: port ?? parsed.port });
  }
}

function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '0:0:0:0:0:0:0:1';
}
