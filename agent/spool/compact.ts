import type { Status } from '../../protocol/model.js';
import { statusName, worstStatus } from '../../protocol/model.js';
import { DropPlan } from './drop-plan.js';
import type { Fate } from './drop-plan.js';
import type { RecordPlace } from './record-codec.js';
import { decodeEntry, encodeGap, encodeId, namesIn, visitRecords } from './record-codec.js';
import type { SegmentFiles } from './segment-files.js';
import type { Segment } from './segment.js';
import { HEAD_BYTES, readSegment } from './segment.js';
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
  readonly records: Buffer[];
  readonly bytes: number;
  readonly sources: Map<string, number>;
  readonly leftOut: { readonly fate: Exclude<Fate, 'keep'>; readonly bytes: number }[];
  /** What stays of it above `handedOut`. */
  readonly kept: { entries: number; bytes: number };
}

/**
 * Makes room in a full spool, see `DropPlan`. Files are replaced one after the other, so that a crash
 * at any time leaves a whole spool. Of an entry that is left out before a checkpoint covers it the id
 * stays. Holds one segment in memory at a time. Rejects with what the system says.
 */
export async function compact(files: SegmentFiles, options: CompactOptions): Promise<Compacted> {
  await files.seal();
  const segments = [...files.segments];
  const plan = new DropPlan();
  for (const segment of segments) {
    await visitSegment(segment, (buffer, place) => {
      const entry = entryToDecide(buffer, place, options.handedOut);
      if (entry !== null)
        plan.add(topicOfReport(entry.report), statusesOf(entry), worstOf(entry), entry.bytes);
    });
  }
  const fates = plan.decide(options.targetBytes)[Symbol.iterator]();

  let group: Segment[] = [];
  let parts: Rewritten[] = [];
  let groupBytes = 0;
  const kept = { entries: 0, bytes: 0 };
  const place = async (): Promise<void> => {
    const sources = new Map(parts.flatMap((part) => [...part.sources]));
    await files.replace(
      group,
      parts.flatMap(({ records }) => records),
      sources,
    );
    for (const { leftOut } of parts) for (const { fate, bytes } of leftOut) options.onLeftOut(fate, bytes);
    group = [];
    parts = [];
    groupBytes = 0;
  };
  for (const segment of segments) {
    const part = await rewrite(segment, options, () => fates.next().value ?? 'keep');
    if (group.length > 0 && groupBytes + part.bytes > options.segmentBytes) await place();
    group.push(segment);
    parts.push(part);
    kept.entries += part.kept.entries;
    kept.bytes += part.kept.bytes;
    groupBytes += part.bytes;
  }
  await place();
  return kept;
}

async function rewrite(
  segment: Segment,
  { settled, handedOut, isCovered }: CompactOptions,
  nextFate: () => Fate,
): Promise<Rewritten> {
  const records: Buffer[] = [];
  const sources = new Map<string, number>();
  const leftOut: Rewritten['leftOut'] = [];
  const kept: Rewritten['kept'] = { entries: 0, bytes: 0 };
  let bytes = 0;
  let accounted = segment.first - 1;
  const put = (record: Buffer): void => {
    records.push(record);
    bytes += record.length;
  };
  const putAt = (sequence: number, source: string, record: Buffer): void => {
    if (sequence > accounted + 1) put(encodeGap(accounted + 1, sequence - 1));
    put(record);
    accounted = sequence;
    sources.set(source, sequence);
  };
  await visitSegment(segment, (buffer, place) => {
    const { kind, sequence } = place;
    if (kind === 'gap') return;
    const { source, id } = namesIn(buffer, place);
    const isNeeded = !isCovered(source, sequence);
    let isKept = kind === 'entry' && sequence > settled;
    const entry = entryToDecide(buffer, place, handedOut);
    if (entry !== null) {
      const fate = nextFate();
      if (fate === 'keep') {
        kept.entries += 1;
        kept.bytes += entry.bytes;
      } else {
        isKept = false;
        leftOut.push({ fate, bytes: entry.bytes });
      }
    }
    if (isKept) putAt(sequence, source, Buffer.from(buffer.subarray(place.start, place.end)));
    else if (isNeeded) putAt(sequence, source, encodeId(sequence, source, id));
  });
  if (segment.last > accounted) put(encodeGap(accounted + 1, segment.last));
  return { records, bytes, sources, leftOut, kept };
}

/** Records of a segment that count, each sequence once. */
async function visitSegment(
  segment: Segment,
  visit: (buffer: Buffer, place: RecordPlace) => void,
): Promise<void> {
  const file = await readSegment(segment.path);
  let through = segment.first - 1;
  visitRecords(file, HEAD_BYTES, Math.min(file.length, segment.length), true, (place) => {
    if (place.sequence > through && place.sequence <= segment.last) {
      visit(file, place);
      through = place.sequence;
    }
    return true;
  });
}

function entryToDecide(buffer: Buffer, place: RecordPlace, handedOut: number): StoredEntry | null {
  return place.kind === 'entry' && place.sequence > handedOut ? decodeEntry(buffer, place) : null;
}

function statusesOf({ report }: StoredEntry): string {
  return report.observation.metrics.map(({ status }) => statusName(status)).join();
}

function worstOf({ report }: StoredEntry): Status {
  return worstStatus(report.observation);
}
