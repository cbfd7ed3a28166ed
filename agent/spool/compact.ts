import type { Status } from '../../protocol/model.js';
import { statusName, worstStatus } from '../../protocol/model.js';
import { DropPlan } from './drop-plan.js';
import type { Fate } from './drop-plan.js';
import type { RecordPlace } from './record-codec.js';
import { decodeEntry, encodeGap, encodeId, namesIn, visitRecords } from './record-codec.js';
import { RecordSheet } from './record-sheet.js';
import type { SegmentFiles } from './segment-files.js';
import type { Segment } from './segment.js';
import { HEAD_BYTES, readStart } from './segment.js';
import type { StoredEntry } from './spool-entry.js';
import { topicOfReport } from './spool-entry.js';

export interface CompactOptions {
  /** Entries up to here are delivered. */
  readonly settled: number;
  /** Entries up to here are with the aggregator or on their way: nothing is left out of them. */
  readonly handedOut: number;
  /** Whether a checkpoint covers the entries of a source up to a sequence. */
  readonly isCovered: (source: string, through: number) => boolean;
  /** What the entries above `handedOut` may take afterwards, bytes. */
  readonly targetBytes: number;
  /** Files become no larger than this by being put together, bytes. */
  readonly segmentBytes: number;
  /** Called for each entry that is left out, once it is. */
  readonly onLeftOut: (fate: Exclude<Fate, 'keep'>, bytes: number) => void;
}

/** What is on disk afterwards above `handedOut`. */
export interface Compacted {
  readonly entries: number;
  readonly bytes: number;
}

/** What one segment turns into. */
interface Rewritten {
  readonly sources: Map<string, number>;
  readonly leftOut: { readonly fate: Exclude<Fate, 'keep'>; readonly bytes: number }[];
  /** What stays of it above `handedOut`. */
  readonly kept: { entries: number; bytes: number };
}

/**
 * Makes room in a full spool, see `DropPlan`. Files are replaced one after the other, so that a crash
 * at any time leaves a whole spool. Of an entry that is left out before a checkpoint covers it the id
 * stays. Holds what it reads and what it writes of two segments in memory. Rejects with what the system says.
 */
export async function compact(files: SegmentFiles, options: CompactOptions): Promise<Compacted> {
  await files.seal();
  const segments = [...files.segments];
  const room = Buffer.allocUnsafeSlow(Math.max(0, ...segments.map(({ length }) => length)));
  const plan = new DropPlan();
  for (const segment of segments) {
    await visitSegment(segment, room, (buffer, place) => {
      if (!isToDecide(place, options.handedOut)) return;
      const entry = decodeEntry(buffer, place);
      plan.add(topicOfReport(entry.report), statusesOf(entry), worstOf(entry), entry.bytes);
    });
  }
  const fates = plan.decide(options.targetBytes);

  const sheet = new RecordSheet(2 * Math.max(room.length, options.segmentBytes));
  let group: Segment[] = [];
  let parts: Rewritten[] = [];
  const kept = { entries: 0, bytes: 0 };
  const place = async (length: number): Promise<void> => {
    const sources = new Map(parts.flatMap((part) => [...part.sources]));
    await files.replace(group, sheet.first(length), sources);
    sheet.dropFirst(length);
    for (const { leftOut } of parts) for (const { fate, bytes } of leftOut) options.onLeftOut(fate, bytes);
    group = [];
    parts = [];
  };
  for (const segment of segments) {
    const before = sheet.length;
    const part = await rewrite(segment, room, sheet, options, () => fates.next().value ?? 'keep');
    if (group.length > 0 && sheet.length > options.segmentBytes) await place(before);
    group.push(segment);
    parts.push(part);
    kept.entries += part.kept.entries;
    kept.bytes += part.kept.bytes;
  }
  await place(sheet.length);
  return kept;
}

/** Puts what stays of the segment on the sheet. */
async function rewrite(
  segment: Segment,
  room: Buffer,
  sheet: RecordSheet,
  { settled, handedOut, isCovered }: CompactOptions,
  nextFate: () => Fate,
): Promise<Rewritten> {
  const sources = new Map<string, number>();
  const leftOut: Rewritten['leftOut'] = [];
  const kept: Rewritten['kept'] = { entries: 0, bytes: 0 };
  let accounted = segment.first - 1;
  const putAt = (sequence: number, source: string, record: Buffer): void => {
    if (sequence > accounted + 1) sheet.put(encodeGap(accounted + 1, sequence - 1));
    sheet.put(record);
    accounted = sequence;
    sources.set(source, sequence);
  };
  await visitSegment(segment, room, (buffer, place) => {
    const { kind, sequence, start, end } = place;
    if (kind === 'gap') return;
    const { source, id } = namesIn(buffer, place);
    const isNeeded = !isCovered(source, sequence);
    let isKept = kind === 'entry' && sequence > settled;
    if (isToDecide(place, handedOut)) {
      const fate = nextFate();
      if (fate === 'keep') {
        kept.entries += 1;
        kept.bytes += end - start;
      } else {
        isKept = false;
        leftOut.push({ fate, bytes: end - start });
      }
    }
    if (isKept) putAt(sequence, source, buffer.subarray(start, end));
    else if (isNeeded) putAt(sequence, source, encodeId(sequence, source, id));
  });
  if (segment.last > accounted) sheet.put(encodeGap(accounted + 1, segment.last));
  return { sources, leftOut, kept };
}

/** Records of a segment that count, each sequence once. They are read into `room`, which has to hold it. */
async function visitSegment(
  segment: Segment,
  room: Buffer,
  visit: (buffer: Buffer, place: RecordPlace) => void,
): Promise<void> {
  const bytes = await readStart(segment.path, room.subarray(0, segment.length));
  let through = segment.first - 1;
  visitRecords(bytes, HEAD_BYTES, bytes.length, true, (place) => {
    if (place.sequence > through && place.sequence <= segment.last) {
      visit(bytes, place);
      through = place.sequence;
    }
    return true;
  });
}

/** Whether it is an entry that may be left out. */
function isToDecide({ kind, sequence }: RecordPlace, handedOut: number): boolean {
  return kind === 'entry' && sequence > handedOut;
}

function statusesOf({ report }: StoredEntry): string {
  return report.observation.metrics.map(({ status }) => statusName(status)).join();
}

function worstOf({ report }: StoredEntry): Status {
  return worstStatus(report.observation);
}
