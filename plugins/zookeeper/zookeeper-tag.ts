import { isIPv4 } from 'node:net';
import { isWildcardHost, parseEndpoint, parsePort, type Endpoint } from '../endpoint.js';

/** Whom the name of a ZooKeeper thread speaks of. `context` is the part of it that rules test. */
export type ZooKeeperTag =
  /** The server itself, or nobody in particular. */
  | { readonly kind: 'self'; readonly context: string }
  /** A server by its id; whether it is a member has to be asked. */
  | { readonly kind: 'server'; readonly context: string; readonly id: string }
  /** A server by an address; `socket` is the tag's text for it, the same for all lines of a link. */
  | {
      readonly kind: 'address';
      readonly context: string;
      readonly endpoint: Endpoint;
      readonly socket: string;
    };

/** `SyncThread:9`, `RecvWorker:2`. Observers without an id of their own show negative ones. */
const SERVER_TAG = /^([A-Za-z_.$]+):(-?\d+)$/;
const CONTEXT = /^[A-Za-z_.\-$]+/;
/** Threads that carry the address they listen on. */
const OWN_ADDRESS_TAG = /^(ListenerHandler-|LearnerCnxAcceptor(?:Handler)?-|NIOServerC\w+\.?\w*)/;
/** Threads that serve one link, by the address of its other end. */
const LINK_TAG = /^(LearnerHandler-|Sender-|LeaderConnector-)(\S+)$/;

/** Reads a thread's name; what it does not know speaks of the server itself, the name as context. */
export function readZooKeeperTag(tag: string): ZooKeeperTag {
  if (!tag.includes(':')) return { kind: 'self', context: tag };
  const server = SERVER_TAG.exec(tag);
  if (server !== null) return { kind: 'server', context: server[1] ?? '', id: server[2] ?? '' };

  const own = OWN_ADDRESS_TAG.exec(tag);
  if (own !== null) return { kind: 'self', context: own[1] ?? '' };

  const link = LINK_TAG.exec(tag);
  if (link !== null) {
    const socket = link[2] ?? '';
    const endpoint = parseEndpoint(socket);
    if (endpoint !== null) return { kind: 'address', context: link[1] ?? '', endpoint, socket };
  }

  return readHostTag(tag) ?? { kind: 'self', context: tag };
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
  if (isWildcardHost(ip) || context === 'QuorumPeer') return { kind: 'self', context };
  return { kind: 'address', context, endpoint: { name: null, ip, port }, socket: tag.slice(slash) };
}

const OWN_ID_TAG =
  /\[myid=(\d+)\]|^(?:SyncThread|CommitProcessor|FollowerRequestProcessor|ObserverRequestProcessor|ReadOnlyRequestProcessor|LearnerSender):(\d+)$|^ProcessThread\(sid:(\d+) /;

/** The id of the server whose log it is, where a thread's name gives it; null for other threads. */
export function ownIdInTag(tag: string): string | null {
  const match = OWN_ID_TAG.exec(tag);
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? null;
}
