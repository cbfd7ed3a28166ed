import type { DeliveryTarget } from '../../agent/delivery/delivery-target.js';
import type { AggregatorDescription, Batch, BatchEntry, BatchResult } from '../../protocol/batch-service.js';
import type { Intake, Registration } from '../../protocol/health-service.js';
import type { Report } from '../../protocol/model.js';
import type { ErrorCode } from '../../runtime/errors.js';
import { HviewError } from '../../runtime/errors.js';

/** What a call is met with: taken; an error; or taken, and the answer is lost on the way. */
export type Reply = 'ok' | ErrorCode | 'taken-but-no-answer';

/** An aggregator in memory that fails as it is told to, and knows what it has taken. */
export class FakeAggregator implements DeliveryTarget {
  readonly target = 'test:1';
  /** Names of the metrics that were taken, in order: one for each entry, as the tests make them. */
  readonly taken: string[] = [];
  /** Sizes of the batches that came, taken or not. */
  readonly batches: number[] = [];
  readonly modules: string[] = [];
  readonly registered: string[] = [];
  describes = 0;
  singles = 0;
  /** Without it `describe` and `submitBatch` are UNSUPPORTED. */
  hasBatches = true;
  description: AggregatorDescription = { version: '9', features: [], maxObservations: 0, maxBytes: 0 };
  /** What the next calls to submit are met with; then `always`. */
  replies: Reply[] = [];
  always: Reply = 'ok';
  /** How `describe` and `register` fail, if they do. */
  greeting: Reply = 'ok';
  /** Entries that make a call fail with REMOTE_FAILED. */
  poison = new Set<string>();
  /** Entries that make a whole batch invalid. */
  invalid = new Set<string>();
  /** Entries that are refused one by one. */
  refused = new Set<string>();
  /** Larger batches are too much. */
  capacity = Infinity;
  /** Awaited before a call is answered. */
  gate: Promise<void> = Promise.resolve();
  #ids = new Set<string>();
  #handles: string[] = [];

  async describe(): Promise<AggregatorDescription> {
    this.describes += 1;
    await this.gate;
    if (!this.hasBatches) throw failure('UNSUPPORTED');
    if (this.greeting !== 'ok') throw failure(this.greeting);
    return this.description;
  }

  async submitBatch({ module, entries }: Batch): Promise<BatchResult> {
    this.batches.push(entries.length);
    await this.gate;
    if (!this.hasBatches) throw failure('UNSUPPORTED');
    const reply = this.replies.shift() ?? this.always;
    if (reply !== 'ok' && reply !== 'taken-but-no-answer') throw failure(reply);
    if (entries.length > this.capacity) throw failure('OVERLOADED');
    if (entries.some((entry) => this.invalid.has(nameOf(entry.report)))) throw failure('REQUEST_INVALID');
    if (entries.some((entry) => this.poison.has(nameOf(entry.report)))) throw failure('REMOTE_FAILED');
    this.modules.push(module);
    const result = this.#take(entries);
    if (reply === 'taken-but-no-answer') throw failure('TIMEOUT');
    return result;
  }

  async register({ module, observer }: Registration): Promise<number> {
    await this.gate;
    if (this.greeting !== 'ok') throw failure(this.greeting);
    this.registered.push(`${module} ${observer}`);
    return this.#handles.push(`${module} ${observer}`) - 1;
  }

  async submitReport(handle: number, report: Report): Promise<Intake> {
    this.singles += 1;
    await this.gate;
    const reply = this.replies.shift() ?? this.always;
    if (reply !== 'ok' && reply !== 'taken-but-no-answer') throw failure(reply);
    if (this.#handles[handle] === undefined) {
      throw new HviewError('REQUEST_INVALID', 'Invalid submission handle');
    }
    const name = nameOf(report);
    if (this.invalid.has(name)) throw failure('REQUEST_INVALID');
    if (this.poison.has(name)) return 'failed';
    this.taken.push(name);
    return 'accepted';
  }

  /** As after a restart of the original, which does not keep its registrations. */
  forgetHandles(): void {
    this.#handles = this.#handles.map(() => '').slice(0, 0);
  }

  #take(entries: readonly BatchEntry[]): BatchResult {
    let accepted = 0;
    let duplicates = 0;
    const refused: { index: number; reason: string }[] = [];
    entries.forEach(({ id, report }, index) => {
      const name = nameOf(report);
      if (this.refused.has(name)) refused.push({ index, reason: 'a score is NaN' });
      else if (this.#ids.has(id)) duplicates += 1;
      else {
        this.#ids.add(id);
        this.taken.push(name);
        accepted += 1;
      }
    });
    return { accepted, duplicates, refused };
  }
}

function nameOf(report: Report): string {
  return report.observation.metrics[0]?.name ?? '';
}

function failure(code: Reply): HviewError {
  return new HviewError(
    code === 'ok' || code === 'taken-but-no-answer' ? 'INTERNAL' : code,
    `as told: ${code}`,
  );
}
