import type { Destination } from '../../client/destination.js';
import type { AggregatorDescription, Batch, BatchResult } from '../../protocol/batch-service.js';
import type { Intake, Registration } from '../../protocol/health-service.js';
import type { Report } from '../../protocol/model.js';
import { statusName, timestampToMillis } from '../../protocol/model.js';
import type { ErrorCode } from '../../runtime/errors.js';
import { HviewError } from '../../runtime/errors.js';

/** An aggregator in memory, for a reporter: fails as it is told to, and knows what it was told. */
export class FakeDestination implements Destination {
  readonly target = 'test:1';
  /** What was taken, in order: `subject metric STATUS score`. */
  readonly said: string[] = [];
  /** When it was said, milliseconds since 1970 UTC. */
  readonly timesMs: number[] = [];
  readonly registered: string[] = [];
  readonly ids: string[] = [];
  /** Sizes of the batches that came, taken or not; single reports that came. */
  readonly batches: number[] = [];
  singles = 0;
  isClosed = false;
  /** Without it `describe` and `submitBatch` are UNSUPPORTED. */
  hasBatches = true;
  /** How every call fails; null: none does. */
  failure: ErrorCode | null = null;
  /** How only the calls fail that bring reports. */
  submitFailure: ErrorCode | null = null;
  /** The next batch is taken, and the answer is lost. */
  losesAnswer = false;
  /** Metrics that are refused by their index, make a batch invalid, or make the aggregator fail. */
  refused = new Set<string>();
  invalid = new Set<string>();
  poison = new Set<string>();
  /** Larger batches are too much just now. */
  capacity = Infinity;
  maxObservations = 0;
  /** Single reports that are under way, by subject, and the most that ever were. */
  mostAtOnce = 0;
  #underWay = 0;
  #handles = new Set<number>();
  #taken = new Set<string>();

  async describe(): Promise<AggregatorDescription> {
    await this.#arrive();
    if (!this.hasBatches) throw failureOf('UNSUPPORTED');
    return { version: '9', features: [], maxObservations: this.maxObservations, maxBytes: 0 };
  }

  async register({ module, observer }: Registration): Promise<number> {
    await this.#arrive();
    this.registered.push(`${module} ${observer}`);
    const handle = this.registered.length;
    this.#handles.add(handle);
    return handle;
  }

  async submitBatch({ entries }: Batch): Promise<BatchResult> {
    this.batches.push(entries.length);
    await this.#arrive();
    if (!this.hasBatches) throw failureOf('UNSUPPORTED');
    if (this.submitFailure !== null) throw failureOf(this.submitFailure);
    if (entries.length > this.capacity) throw failureOf('OVERLOADED');
    const names = entries.map(({ report }) => metricOf(report));
    if (names.some((name) => this.invalid.has(name))) throw failureOf('REQUEST_INVALID');
    if (names.some((name) => this.poison.has(name))) throw failureOf('REMOTE_FAILED');
    const fresh = entries.filter(({ id, report }) => {
      return !this.#taken.has(id) && !this.refused.has(metricOf(report));
    });
    for (const { id, report } of fresh) {
      this.#taken.add(id);
      this.ids.push(id);
      this.#take(report);
    }
    if (this.losesAnswer) {
      this.losesAnswer = false;
      throw failureOf('TIMEOUT');
    }
    const refused = names.flatMap((name, index) =>
      this.refused.has(name) ? [{ index, reason: 'it is not wanted' }] : [],
    );
    const duplicates = entries.length - fresh.length - refused.length;
    return { accepted: fresh.length, duplicates, refused };
  }

  async submitReport(handle: number, report: Report): Promise<Intake> {
    this.singles += 1;
    this.#underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay);
    try {
      await this.#arrive();
    } finally {
      this.#underWay -= 1;
    }
    if (!this.#handles.has(handle)) throw new HviewError('REQUEST_INVALID', 'Invalid submission handle');
    if (this.invalid.has(metricOf(report))) throw failureOf('REQUEST_INVALID');
    if (this.poison.has(metricOf(report))) return 'failed';
    this.#take(report);
    return 'accepted';
  }

  close(): void {
    this.isClosed = true;
  }

  /** As after a restart of the original, which does not keep its registrations. */
  forgetHandles(): void {
    this.#handles.clear();
  }

  async #arrive(): Promise<void> {
    await Promise.resolve();
    if (this.failure !== null) throw failureOf(this.failure);
  }

  #take({ subject, observation }: Report): void {
    for (const { name, status, score } of observation.metrics) {
      this.said.push(`${subject} ${name} ${statusName(status)} ${score}`);
    }
    this.timesMs.push(timestampToMillis(observation.time));
  }
}

function metricOf(report: Report): string {
  return report.observation.metrics[0]?.name ?? '';
}

function failureOf(code: ErrorCode): HviewError {
  return new HviewError(code, `as told: ${code}`);
}
