import { isWildcardHost, parseEndpoint, type Endpoint } from '../endpoint.js';
import type { LogRecord, ResolvedSubject } from '../log-plugin.js';
import { isDataNodeUuid, type HdfsDirectory } from './hdfs-directory.js';
import { HDFS_ROLES, entityId, roleFromName, type HdfsRole } from './hdfs-role.js';

/**
 * Classes and loggers whose messages name daemons of one role, and write them as that role's own id:
 * `10.0.0.3:9866`, without the slash of a socket. Where the port does not tell, these do.
 */
const NAMED_BY_CLASS: Readonly<Record<string, HdfsRole>> = {
  DataNode: 'dn',
  BlockReceiver: 'dn',
  DataXceiver: 'dn',
  BlockRecoveryWorker: 'dn',
  ErasureCodingWorker: 'dn',
  StripedBlockReader: 'dn',
  StripedReader: 'dn',
  StateChange: 'dn',
  BlockStateChange: 'dn',
  BlockManager: 'dn',
  DatanodeManager: 'dn',
  DatanodeDescriptor: 'dn',
  DatanodeAdminManager: 'dn',
  HeartbeatManager: 'dn',
  NetworkTopology: 'dn',
  NameNode: 'dn',
  NameNodeRpcServer: 'dn',
  SlowPeerTracker: 'dn',
  BlockReportLeaseManager: 'dn',
  Dispatcher: 'dn',
  DFSClient: 'dn',
  DataStreamer: 'dn',
  QuorumJournalManager: 'jn',
  QuorumCall: 'jn',
  IPCLoggerChannel: 'jn',
  QuorumOutputStream: 'jn',
  JournalNodeSyncer: 'jn',
  Journal: 'nn',
  EditLogTailer: 'nn',
  ZKFailoverController: 'nn',
  HealthMonitor: 'nn',
  NodeFencer: 'nn',
  FailoverController: 'nn',
  BPServiceActor: 'nn',
  BPOfferService: 'nn',
};

/** DataNodeId lists and messages wrap addresses in these. */
const WRAPPING = /["'()]/g;
const WITH_STORAGE = /^DatanodeInfoWithStorage\[([^,\]]{3,80})/;
const ENTITY = /^([a-z]{2,8})@(.{1,300})$/;
const MAX_TOKEN = 512;

/** What subject texts in messages stand for. */
export class SubjectResolver {
  readonly #directory: HdfsDirectory;

  constructor(directory: HdfsDirectory) {
    this.#directory = directory;
  }

  resolve(token: string, record: LogRecord): ResolvedSubject {
    if (token.length > MAX_TOKEN) return { kind: 'unknown', id: token.slice(0, MAX_TOKEN) };
    const entity = ENTITY.exec(token);
    const statedRole = entity === null ? null : roleFromName(entity[1] ?? '');
    const text = statedRole === null ? token : (entity?.[2] ?? '');
    if (isDataNodeUuid(text)) {
      const id = this.#directory.idOfUuid(text);
      return id === null ? { kind: 'unknown', id: `dn@${text}` } : { kind: 'entity', id };
    }
    const plain = (WITH_STORAGE.exec(text)?.[1] ?? text).replace(WRAPPING, '').replace(/[.,;:]$/, '');
    const endpoint = parseEndpoint(plain);
    if (endpoint === null) return { kind: 'unknown', id: token };
    if (endpoint.ip !== null && isWildcardHost(endpoint.ip)) return { kind: 'entity', id: record.observer };
    return this.#ownerOf(endpoint, plain, statedRole, record);
  }

  #ownerOf(
    endpoint: Endpoint,
    text: string,
    statedRole: HdfsRole | null,
    record: LogRecord,
  ): ResolvedSubject {
    const named = roleNamedBy(record.fields['class'] ?? '', record.fields['role'] ?? '');
    const isSocket = text.startsWith('/');
    // The usual ports of Hadoop 2 lie among those that clients get, so for a socket they say little.
    const usual = isSocket && named !== null ? null : this.#directory.roleOfPort(endpoint.port);
    const role = statedRole ?? this.#directory.roleListeningAt(endpoint) ?? usual ?? named;
    // A socket's other end may be anybody; what a daemon writes without a slash it has by its id.
    const isId = !isSocket && endpoint.port !== null && named !== null && role === named;
    if (isId && role === 'dn') return this.#member(role, endpoint, text);
    if (role !== null) {
      const owner = this.#directory.ownerOf(role, endpoint);
      if (owner.kind !== 'unknown') return owner;
    } else {
      const owners = HDFS_ROLES.map((each) => this.#directory.ownerOf(each, endpoint));
      const [only, ...more] = owners.flatMap((owner) => (owner.kind === 'unknown' ? [] : [owner]));
      if (only !== undefined) return more.length === 0 ? only : { kind: 'ambiguous' };
    }
    if (isId) return this.#member(role, endpoint, text);
    const host = endpoint.ip ?? endpoint.name ?? text;
    return { kind: 'unknown', id: role === null ? host : entityId(role, host, endpoint.port) };
  }

  #member(role: HdfsRole, endpoint: Endpoint, text: string): ResolvedSubject {
    const id = this.#directory.learn(role, endpoint);
    return id === null ? { kind: 'unknown', id: text } : { kind: 'entity', id };
  }
}

function roleNamedBy(className: string, ownRole: string): HdfsRole | null {
  // Whom a JournalNode turns away is a NameNode.
  if (className === 'Server' && ownRole === 'jn') return 'nn';
  // What one version logs from an inner class, another logs from the class around it.
  const inner = className.indexOf('$');
  const outer = inner < 0 ? className : className.slice(0, inner);
  return Object.hasOwn(NAMED_BY_CLASS, outer) ? (NAMED_BY_CLASS[outer] ?? null) : null;
}
