/** Batches on the wire: every text once, in a table, and observations that refer to it by index. */
import type {
  Batch,
  BatchEntry,
  BatchResult,
  Provenance,
  UncheckedBatch,
  UncheckedBatchEntry,
} from './batch-service.js';
import { statusFromWire } from './codec.js';
import type * as wire from './generated/hview/v1/hview.js';
import { SubmitBatchRequest } from './generated/hview/v1/hview.js';
import { Status as WireStatus } from './generated/idl/health.js';
import { statusName } from './model.js';
import { HviewError } from '../runtime/errors.js';

/** The observations of a SubmitBatchRequest, and of a LearnRequest: field 4, length-delimited. */
const OBSERVATION_TAG = (4 << 3) | 2;

export function batchToWire({ agent, module, entries }: Batch): wire.SubmitBatchRequest {
  return { agent, module, ...entriesToWire(entries) };
}

/** The names go into the table. */
export function entriesToWire(
  entries: readonly BatchEntry[],
  table = new NameTable(),
): { names: string[]; observations: wire.Observation[] } {
  const observations = entries.map(({ id, report, provenance }): wire.Observation => {
    const { observer, subject, observation } = report;
    return {
      id,
      observer: table.indexOf(observer),
      subject: table.indexOf(subject),
      seconds: observation.time.seconds,
      nanos: observation.time.nanos,
      metrics: observation.metrics.map(({ name, status, score }) => ({
        name: table.indexOf(name),
        status: WireStatus[statusName(status)],
        score,
      })),
      provenance: provenance === null ? undefined : provenanceToWire(provenance, table),
    };
  });
  return { names: table.names, observations };
}

function provenanceToWire(provenance: Provenance, table: NameTable): wire.Provenance {
  const { host, path, rule, why, offset, line } = provenance;
  return {
    host: table.indexOf(host),
    path: table.indexOf(path),
    rule: table.indexOf(rule),
    why: table.indexOf(why),
    offset,
    line,
  };
}

/** Gives each text the index of its first appearance. */
export class NameTable {
  readonly names: string[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(name: string): number {
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = this.names.length;
      this.names.push(name);
      this.#indexes.set(name, index);
    }
    return index;
  }
}

/** Throws REQUEST_INVALID that names the field, when the bytes are no batch or an index leads nowhere. */
export function decodeBatch(encoded: Uint8Array): UncheckedBatch {
  const { agent, module, names, observations } = decode(encoded);
  return { agent, module, entries: entriesFromWire(names, observations) };
}

/** Throws REQUEST_INVALID that names the field, when an index leads nowhere. */
export function entriesFromWire(
  names: readonly string[],
  observations: readonly wire.Observation[],
): UncheckedBatchEntry[] {
  const nameAt = (index: number, observation: number, field: string): string =>
    names[index] ?? refuseIndex(index, observation, field, names.length);
  return observations.map((message, index): UncheckedBatchEntry => {
    const { id, observer, subject, seconds, nanos, metrics, provenance } = message;
    return {
      id,
      report: {
        observer: nameAt(observer, index, 'observer'),
        subject: nameAt(subject, index, 'subject'),
        observation: {
          time: { seconds, nanos },
          metrics: metrics.map(({ name, status, score }) => ({
            name: nameAt(name, index, 'metrics.name'),
            status: statusFromWire(status),
            score,
          })),
        },
      },
      provenance:
        provenance === undefined
          ? null
          : {
              host: nameAt(provenance.host, index, 'provenance.host'),
              path: nameAt(provenance.path, index, 'provenance.path'),
              rule: nameAt(provenance.rule, index, 'provenance.rule'),
              why: nameAt(provenance.why, index, 'provenance.why'),
              offset: provenance.offset,
              line: provenance.line,
            },
    };
  });
}

function decode(encoded: Uint8Array): wire.SubmitBatchRequest {
  try {
    return SubmitBatchRequest.decode(encoded);
  } catch (error) {
    throw new HviewError('REQUEST_INVALID', 'the request is no SubmitBatchRequest', { cause: error });
  }
}

function refuseIndex(index: number, observation: number, field: string, length: number): never {
  throw new HviewError(
    'REQUEST_INVALID',
    `observations[${observation}].${field} is ${index}, and names has ${length} entries`,
  );
}

/**
 * How many observations an encoded batch holds, without decoding them: a batch that is not to be taken
 * costs next to nothing. What is malformed ends the count.
 */
export function countObservations(encoded: Uint8Array): number {
  let count = 0;
  let position = 0;
  // Moves the position, so that it must not stand in one expression with it.
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35 && position < encoded.length; shift += 7) {
      const byte = encoded[position] ?? 0;
      position += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    position = encoded.length;
    return 0;
  };
  while (position < encoded.length) {
    const tag = varint();
    const wireType = tag & 7;
    if (tag === OBSERVATION_TAG) count += 1;
    // Other than length-delimited are only fields that a later release may add.
    if (wireType === 2) {
      const length = varint();
      position += length;
    } else if (wireType === 0 && tag !== 0) varint();
    else if (wireType === 1) position += 8;
    else if (wireType === 5) position += 4;
    else return count;
  }
  return count;
}

export function batchResultToWire({ accepted, duplicates, refused }: BatchResult): wire.SubmitBatchReply {
  return { accepted, duplicates, refused: [...refused] };
}

export function batchResultFromWire(reply: wire.SubmitBatchReply): BatchResult {
  const { accepted, duplicates, refused } = reply;
  return { accepted, duplicates, refused };
}
