/** What aggregators say to each other, on the wire. */
import { HviewError } from '../runtime/errors.js';
import { NameTable, entriesFromWire, entriesToWire } from './batch-codec.js';
import type * as wire from './generated/hview/v1/peering.js';
import { LearnRequest } from './generated/hview/v1/peering.js';
import type {
  Comparison,
  Greeting,
  PeerBatch,
  SubjectDigest,
  UncheckedPeerBatch,
} from './peering-service.js';

/** Of the same entries for several peers, as long as these entries are in use. */
const encodings = new WeakMap<
  PeerBatch['entries'],
  { readonly batch: PeerBatch; readonly encoded: Buffer }
>();

/** Encoded once, to however many peers the same entries go. */
export function encodePeerBatch(batch: PeerBatch): Buffer {
  const known = encodings.get(batch.entries);
  if (known !== undefined && isSame(known.batch, batch)) return known.encoded;
  const encoded = Buffer.from(LearnRequest.encode(peerBatchToWire(batch)).finish());
  encodings.set(batch.entries, { batch, encoded });
  return encoded;
}

function isSame(a: PeerBatch, b: PeerBatch): boolean {
  return (
    a.source === b.source &&
    a.position?.epoch === b.position?.epoch &&
    a.position?.sequence === b.position?.sequence
  );
}

function peerBatchToWire({ source, position, entries }: PeerBatch): wire.LearnRequest {
  const table = new NameTable();
  const agents = entries.map(({ provenance }) => table.indexOf(provenance?.agent ?? ''));
  return { source, position: position ?? undefined, ...entriesToWire(entries, table), agents };
}

/** Throws REQUEST_INVALID when the bytes are no batch or an index leads nowhere. */
export function decodePeerBatch(encoded: Uint8Array): UncheckedPeerBatch {
  const { source, position, names, observations, agents } = decodePeerMessage(
    LearnRequest,
    encoded,
    'LearnRequest',
  );
  return {
    source,
    position: position ?? null,
    entries: entriesFromWire(names, observations),
    agents: observations.map((_, index) => names[agents[index] ?? names.length] ?? ''),
  };
}

/** Throws REQUEST_INVALID that names the message, when the bytes are none. */
export function decodePeerMessage<Message>(
  codec: { decode(encoded: Uint8Array): Message },
  encoded: Uint8Array,
  name: string,
): Message {
  try {
    return codec.decode(encoded);
  } catch (error) {
    throw new HviewError('REQUEST_INVALID', `the request is no ${name}`, { cause: error });
  }
}

export function greetingFromWire({ run, position }: wire.GreetReply): Greeting {
  return { run, position: position ?? null };
}

/** `asked`: the subjects of the request. Indexes that lead nowhere say nothing. */
export function comparisonFromWire(
  { run, wanted }: wire.CompareReply,
  asked: readonly SubjectDigest[],
): Comparison {
  return { run, wanted: wanted.flatMap((index) => asked[index]?.subject ?? []) };
}

export function comparisonToWire(
  { run, wanted }: Comparison,
  asked: readonly SubjectDigest[],
): wire.CompareReply {
  const indexes = new Map(asked.map(({ subject }, index) => [subject, index]));
  return { run, wanted: wanted.flatMap((subject) => indexes.get(subject) ?? []) };
}
