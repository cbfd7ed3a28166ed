import type {
  AggregatorDescription,
  BatchEntry,
  BatchHandlers,
  BatchRefusal,
  BatchResult,
  BatchSize,
  Provenance,
  TakenEntry,
  UncheckedBatch,
  UncheckedBatchEntry,
} from '../../protocol/batch-service.js';
import type { Evidence } from '../../protocol/provenance.js';
import { HviewError, describeError } from '../../runtime/errors.js';
import { NameChecks, assertReport } from './validation.js';

/** Of one batch; the agent splits what is more. */
export const MAX_OBSERVATIONS = 10_000;
export const MAX_BATCH_BYTES = 1024 * 1024;

const MAX_ID_BYTES = 64;

/** What is kept of a text that says where an observation comes from; bytes of UTF-8. */
const MAX_EVIDENCE_BYTES = 1000;

/** The methods of hview.v1.Aggregator: they keep batches within their limits. */
export function batchHandlers(options: {
  readonly version: string;
  readonly submit: (size: BatchSize, decode: () => UncheckedBatch) => Promise<BatchResult>;
}): BatchHandlers {
  const description: AggregatorDescription = {
    version: options.version,
    features: ['provenance', 'verdicts'],
    maxObservations: MAX_OBSERVATIONS,
    maxBytes: MAX_BATCH_BYTES,
  };
  return {
    describe: () => description,
    submitBatch: (size, decode) =>
      options.submit(size, () => {
        checkSize(size);
        return checkLength(decode(), size);
      }),
  };
}

/** What was counted is what the figures say was received. */
export function checkLength<Message extends Pick<UncheckedBatch, 'entries'>>(
  batch: Message,
  { observations }: BatchSize,
): Message {
  if (batch.entries.length !== observations)
    throw new HviewError('REQUEST_INVALID', 'observations ends before the request does');
  return batch;
}

/** Throws REQUEST_INVALID when it is more than one call may bring. */
export function checkSize({ observations, bytes }: BatchSize): void {
  if (observations > MAX_OBSERVATIONS) {
    throw new HviewError(
      'REQUEST_INVALID',
      `observations has ${observations} entries, a batch may have ${MAX_OBSERVATIONS}`,
    );
  }
  if (bytes > MAX_BATCH_BYTES) {
    throw new HviewError(
      'REQUEST_INVALID',
      `the batch has ${bytes} bytes, and ${MAX_BATCH_BYTES} are allowed`,
    );
  }
}

/** Entries, and by which agent they came: all of them, or each. */
type SentEntries = Pick<UncheckedBatch, 'entries'> & { readonly agent: string | readonly string[] };

/** Those of the entries that are well formed, in their order, and why the others are not. */
export function checkEntries(batch: SentEntries): { entries: TakenEntry[]; refused: BatchRefusal[] } {
  // The texts of a batch are few, and each appears often.
  const names = new NameChecks();
  const { agent } = batch;
  const entries: TakenEntry[] = [];
  const refused: BatchRefusal[] = [];
  batch.entries.forEach((entry, index) => {
    try {
      const sender = typeof agent === 'string' ? agent : (agent[index] ?? '');
      entries.push(checkEntry(entry, cut(sender), names));
    } catch (error) {
      refused.push({ index, reason: describeError(error) });
    }
  });
  return { entries, refused };
}

function checkEntry(entry: UncheckedBatchEntry, agent: string, names: NameChecks): TakenEntry {
  const { id, provenance } = entry;
  assertEntry(entry, names);
  if (id.length * 3 > MAX_ID_BYTES && Buffer.byteLength(id) > MAX_ID_BYTES) {
    throw new HviewError('REQUEST_INVALID', `id is longer than ${MAX_ID_BYTES} bytes`);
  }
  if (id.includes('\0')) throw new HviewError('REQUEST_INVALID', 'id holds a zero byte');
  const { report } = entry;
  return { id, report, provenance: provenance === null ? null : shorten(provenance, agent) };
}

function assertEntry(entry: UncheckedBatchEntry, names: NameChecks): asserts entry is BatchEntry {
  assertReport(entry.report, names);
}

/** An observation is not refused because the line that it comes from is long. */
function shorten({ host, path, offset, line, rule, why }: Provenance, agent: string): Evidence {
  return {
    agent,
    host: cut(host),
    path: cut(path),
    offset,
    line: cut(line),
    rule: cut(rule),
    why: cut(why),
  };
}

function cut(text: string): string {
  if (text.length * 3 <= MAX_EVIDENCE_BYTES) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_EVIDENCE_BYTES) return text;
  // What was cut in the middle of a character ends in one that stands for that.
  return bytes.toString('utf8', 0, MAX_EVIDENCE_BYTES).replace(/\uFFFD+$/, '');
}
