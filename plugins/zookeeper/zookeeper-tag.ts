import { isIPv4 } from 'node:net';
import { isWildcardHost, parseEndpoint, parsePort, type Endpoint } from '../endpoint.js';

/** What the name of a ZooKeeper thread tells. */
export interface ZooKeeperTag {
  readonly about: TagSubject;
  /** The part of the name that rules test. */
  readonly context: string;
  /** The id of the server whose log it is, as threads such as `SyncThread:2` give it; else null. */
  readonly ownId: string | null;
}

/** Whom the name of a thread speaks of. */
export type TagSubject =
  /** The server itself, or nobody in particular. */
  | { readonly kind: 'self' }
  /** A server by its id; whether it is a member has to be asked. */
  | { readonly kind: 'server'; readonly id: string }
  /** A server by an address; `socket` is the tag's text for it, the same for all lines of a link. */
  | { readonly kind: 'address'; readonly endpoint: Endpoint; readonly socket: string };

const SELF: TagSubject = { kind: 'self' };

/** `SyncThread:9`, `RecvWorker:2`. Observers without an id of their own show negative ones. */
const SERVER_TAG = /^([A-Za-z_.$]+):(-?\d+)$/;
const CONTEXT = /^[A-Za-z_.\-$]+/;
/** Threads that carry the address they listen on. */
const OWN_ADDRESS_TAG = /^(ListenerHandler-|LearnerCnxAcceptor(?:Handler)?-|NIOServerC\w+\.?\w*)/;
/** Threads that serve one link, by the address of its other end. */
const LINK_TAG = /^(LearnerHandler-|Sender-|LeaderConnector-)(\S+)$/;

const OWN_ID_TAG =
  /\[myid=(\d+)\]|^(?:SyncThread|CommitProcessor|FollowerRequestProcessor|ObserverRequestProcessor|ReadOnlyRequestProcessor|LearnerSender):(\d+)$|^ProcessThread\(sid:(\d+) /;

/** Reads a thread's name; what it does not know speaks of the server itself, the name as context. */
export function readZooKeeperTag(tag: string): ZooKeeperTag {
  const server = SERVER_TAG.exec(tag);
  if (server !== null) return told(server[1] ?? '', { kind: 'server', id: server[2] ?? '' }, tag);

  const own = OWN_ADDRESS_TAG.exec(tag);
  if (own !== null) return told(own[1] ?? '', SELF, tag);

  const link = LINK_TAG.exec(tag);
  if (link !== null) {
    const socket = link[2] ?? '';
    const endpoint = parseEndpoint(socket);
    if (endpoint !== null) return told(link[1] ?? '', { kind: 'address', endpoint, socket }, tag);
  }
  return readHostTag(tag) ?? told(tag, SELF, tag);
}

function told(context: string, about: TagSubject, tag: string): ZooKeeperTag {
  const match = OWN_ID_TAG.exec(tag);
  return { about, context, ownId: match?.[1] ?? match?.[2] ?? match?.[3] ?? null };
}

/** `pano9/10.0.0.13:3888`, `NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181`: the host is an IPv4 address. */
function readHostTag(tag: string): ZooKeeperTag | null {
  const slash = tag.indexOf('/');
  const context = CONTEXT.exec(tag)?.[0];
  if (slash < 0 || context === undefined) return null;
  const colon = tag.indexOf(':', slash);
  const ip = tag.slice(slash + 1, colon);
  const port = parsePort(tag.slice(colon + 1));
  if (colon < 0 || !isIPv4(ip) || port === undefined) return null;
  if (isWildcardHost(ip) || context === 'QuorumPeer') return told(context, SELF, tag);
  return told(
    context,
    { kind: 'address', endpoint: { name: null, ip, port }, socket: tag.slice(slash) },
    tag,
  );
}
