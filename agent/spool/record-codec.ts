import { crc32 } from 'node:zlib';
import type { Provenance } from '../../protocol/batch-service.js';
import type { Metric, Report } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';
import type { SpoolEntry, StoredEntry } from './spool-entry.js';

/*
 * A record on disk: mark (4 bytes), checksum (4), length of the body (4), body. The checksum covers
 * length and body; the mark is what reading looks for after bytes that make no sense. A body begins
 * with its kind (1) and its sequence (6). All numbers are big-endian.
 *
 *   entry  length (2) and text of the source, length (2) and text of the id, the rest as JSON
 *   id     the same without the rest: delivered or dropped, but to be remembered
 *   gap    the first sequence (6) of a range that ends with the record's own: nothing is missing there
 */
const MARK = Buffer.from([0xf5, 0x68, 0x76, 0xfa]);
const FRAME_BYTES = 12;
const KIND = { entry: 1, id: 2, gap: 3 } as const;
const PLACE_BYTES = 7;
const MIN_BODY_BYTES = PLACE_BYTES + 4;

/** Longer bodies are taken for damage. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_NAME_BYTES = 0xffff;

/** Where a whole record stands in a buffer. */
export interface RecordPlace {
  readonly kind: keyof typeof KIND;
  readonly sequence: number;
  /** Of a gap: where it begins; else the sequence. */
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

/** The part of an entry that is not looked at before delivery. Times and names as in protocol/model. */
type EntryRest = readonly [
  module: string,
  observer: string,
  subject: string,
  seconds: number,
  nanos: number,
  metrics: readonly (readonly [string, Metric['status'], number | null])[],
  provenance: Provenance | null,
];

/** The records of entries, and the entries as stored. The first gets the sequence `first`. */
export function encodeEntries(
  entries: readonly SpoolEntry[],
  first: number,
): { readonly stored: StoredEntry; readonly record: Buffer }[] {
  const parts = entries.map((entry) => {
    const rest = JSON.stringify(restOf(entry));
    const sourceBytes = nameBytes(entry.source);
    const idBytes = nameBytes(entry.id);
    const bodyBytes = PLACE_BYTES + 4 + sourceBytes + idBytes + Buffer.byteLength(rest);
    return { entry, rest, sourceBytes, idBytes, bodyBytes };
  });
  const all = Buffer.allocUnsafe(parts.reduce((sum, { bodyBytes }) => sum + FRAME_BYTES + bodyBytes, 0));
  let start = 0;
  return parts.map(({ entry, rest, sourceBytes, idBytes, bodyBytes }, index) => {
    const record = all.subarray(start, start + FRAME_BYTES + bodyBytes);
    start += record.length;
    let at = writePlace(record, KIND.entry, first + index);
    at = writeName(record, at, entry.source, sourceBytes);
    at = writeName(record, at, entry.id, idBytes);
    record.write(rest, at, 'utf8');
    seal(record);
    const { id, source, module, report, provenance } = entry;
    const stored = { id, source, module, report, provenance, sequence: first + index, bytes: record.length };
    return { stored, record };
  });
}

/** What is left of an entry that must be known by its id only. */
export function encodeId(sequence: number, source: string, id: string): Buffer {
  const sourceBytes = nameBytes(source);
  const idBytes = nameBytes(id);
  const record = Buffer.allocUnsafe(FRAME_BYTES + PLACE_BYTES + 4 + sourceBytes + idBytes);
  const at = writePlace(record, KIND.id, sequence);
  writeName(record, writeName(record, at, source, sourceBytes), id, idBytes);
  return seal(record);
}

/** Says that no record is missing in this range of sequences. */
export function encodeGap(from: number, through: number): Buffer {
  const record = Buffer.allocUnsafe(FRAME_BYTES + PLACE_BYTES + 6);
  record.writeUIntBE(from, writePlace(record, KIND.gap, through), 6);
  return seal(record);
}

/**
 * Visits the whole records between `start` and `end`, skipping over what makes no sense. Returns where
 * to go on: with `isEnd` false a record that is not there in full may be continued by later bytes.
 * The visitor returns false to end the visit before its record.
 */
export function visitRecords(
  buffer: Buffer,
  start: number,
  end: number,
  isEnd: boolean,
  visit: (place: RecordPlace) => boolean | undefined,
): number {
  let at = start;
  while (at + FRAME_BYTES <= end) {
    const place = recordAt(buffer, at, end);
    if (place === 'unfinished' && !isEnd) return at;
    if (typeof place === 'object') {
      if (visit(place) === false) return at;
      at = place.end;
    } else {
      const next = buffer.indexOf(MARK, at + 1);
      if (next === -1 || next >= end) return isEnd ? end : Math.max(at, end - MARK.length + 1);
      at = next;
    }
  }
  return isEnd ? end : at;
}

/** Source and id of an entry or id record. */
export function namesIn(
  buffer: Buffer,
  place: RecordPlace,
): { readonly source: string; readonly id: string } {
  const source = nameAt(buffer, place.start + FRAME_BYTES + PLACE_BYTES);
  return { source: source.text, id: nameAt(buffer, source.end).text };
}

/** Throws when the record is no entry of this version, whatever its checksum says. */
export function decodeEntry(buffer: Buffer, place: RecordPlace): StoredEntry {
  const source = nameAt(buffer, place.start + FRAME_BYTES + PLACE_BYTES);
  const id = nameAt(buffer, source.end);
  const rest = JSON.parse(buffer.toString('utf8', id.end, place.end)) as EntryRest;
  const [module, observer, subject, seconds, nanos, metrics, provenance] = rest;
  const report: Report = {
    observer,
    subject,
    observation: {
      time: { seconds, nanos },
      // JSON has no word for a number that is none.
      metrics: metrics.map(([name, status, score]) => ({ name, status, score: score ?? NaN })),
    },
  };
  const { sequence, start, end } = place;
  return { id: id.text, source: source.text, module, report, provenance, sequence, bytes: end - start };
}

function restOf({ module, report, provenance }: SpoolEntry): EntryRest {
  const { time, metrics } = report.observation;
  return [
    module,
    report.observer,
    report.subject,
    time.seconds,
    time.nanos,
    metrics.map(({ name, status, score }) => [name, status, score]),
    provenance,
  ];
}

function recordAt(buffer: Buffer, start: number, end: number): RecordPlace | 'unfinished' | 'bad' {
  if (buffer.compare(MARK, 0, MARK.length, start, start + MARK.length) !== 0) return 'bad';
  const length = buffer.readUInt32BE(start + 8);
  if (length < MIN_BODY_BYTES || length > MAX_BODY_BYTES) return 'bad';
  const recordEnd = start + FRAME_BYTES + length;
  if (recordEnd > end) return 'unfinished';
  if (crc32(buffer.subarray(start + 8, recordEnd)) !== buffer.readUInt32BE(start + 4)) return 'bad';
  const at = start + FRAME_BYTES;
  const sequence = buffer.readUIntBE(at + 1, 6);
  const place = { sequence, from: sequence, start, end: recordEnd };
  const kind = buffer[at];
  if (kind === KIND.entry) return { kind: 'entry', ...place };
  if (kind === KIND.id) return { kind: 'id', ...place };
  if (kind === KIND.gap) return { kind: 'gap', ...place, from: buffer.readUIntBE(at + PLACE_BYTES, 6) };
  return 'bad';
}

function writePlace(record: Buffer, kind: number, sequence: number): number {
  MARK.copy(record);
  record.writeUInt32BE(record.length - FRAME_BYTES, 8);
  record[FRAME_BYTES] = kind;
  return record.writeUIntBE(sequence, FRAME_BYTES + 1, 6);
}

function seal(record: Buffer): Buffer {
  record.writeUInt32BE(crc32(record.subarray(8)), 4);
  return record;
}

function writeName(record: Buffer, at: number, name: string, bytes: number): number {
  record.writeUInt16BE(bytes, at);
  return at + 2 + record.write(name, at + 2, 'utf8');
}

function nameAt(buffer: Buffer, at: number): { readonly text: string; readonly end: number } {
  const end = at + 2 + buffer.readUInt16BE(at);
  return { text: buffer.toString('utf8', at + 2, end), end };
}

function nameBytes(name: string): number {
  const bytes = Buffer.byteLength(name);
  if (bytes <= MAX_NAME_BYTES) return bytes;
  throw new HviewError(
    'INTERNAL',
    `a name of ${bytes} bytes does not fit into the spool: ${name.slice(0, 80)}`,
  );
}
