import { Status } from '../protocol/model.js';
import type { Clock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { Courier } from './courier.js';
import type {
  HealthReporter,
  HealthStatus,
  PendingOptions,
  ReporterCounts,
  RequestId,
} from './health-reporter.js';
import { HealthyMerging } from './healthy-merging.js';
import type { Outbox } from './outbox.js';
import { PendingRequests } from './pending-requests.js';
import type { ProblemKind } from './problem.js';
import type { Problems } from './problems.js';
import type { Statement } from './statement.js';
import { checkName, checkNumber, checkScore, checkStatus, describe } from './statement.js';
import type { Subject } from './subject.js';
import type { SubjectResolver } from './subject-resolver.js';
import { UnknownSubject } from './subject-resolver.js';

export interface ReporterParts {
  readonly observer: string;
  readonly subjects: SubjectResolver;
  readonly outbox: Outbox;
  /** Null: there is nowhere to send to, and all that is said is dropped. */
  readonly courier: Courier | null;
  readonly problems: Problems;
  readonly clock: Clock;
  /** See ConnectOptions; all milliseconds. */
  readonly mergeHealthyMs: number;
  readonly pendingAfterMs: number;
  /** Requests that are open at a time, and subjects with metrics that are merged at a time. */
  readonly maxTracked: number;
}

const DEFAULT_CLOSE_MS = 2000;

/** The reporter that connect gives. */
export class SelfReporter implements HealthReporter {
  readonly #parts: ReporterParts;
  readonly #merging: HealthyMerging;
  readonly #requests: PendingRequests;
  #isClosing = false;
  #closed: Promise<number> | null = null;
  #statements = 0;
  #merged = 0;
  #late = 0;
  #invalid = 0;
  #observations = 0;
  #abandoned = 0;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
    const { clock, mergeHealthyMs: periodMs, maxTracked: capacity } = parts;
    this.#merging = new HealthyMerging({ periodMs, capacity, clock, send: (mean) => this.#send(mean) });
    this.#requests = new PendingRequests({
      capacity,
      clock,
      onOverdue: ({ subject, metric, score }) => this.#state(subject, metric, Status.PENDING, score),
    });
  }

  get observer(): string {
    return this.#parts.observer;
  }

  report(subject: Subject, metric: string, status: HealthStatus, score?: number): void {
    this.#guard(() => {
      const id = this.#parts.subjects.resolve(subject);
      const name = checkName(metric, 'the metric');
      const checked = checkStatus(status);
      this.#state(id, name, checked, checkScore(score, checked));
    });
  }

  pending(subject: Subject, metric: string, requestId: RequestId, options: PendingOptions = {}): void {
    this.#guard(() => {
      const { withinMs = this.#parts.pendingAfterMs, score } = options;
      const request = {
        subject: this.#parts.subjects.resolve(subject),
        metric: checkName(metric, 'the metric'),
        score: checkScore(score, Status.PENDING),
      };
      const id = checkRequestId(requestId);
      checkNumber(withinMs, 'withinMs', 1);
      if (this.#isClosing) this.#tellClosed();
      else if (!this.#requests.open(id, request, withinMs)) {
        this.#invalid += 1;
        const message = `${this.#parts.maxTracked} requests are open; ${describe(id)} is not watched`;
        this.#tell('too-many-requests', message, 'Is each request cleared or failed in the end?');
      }
    });
  }

  clear(requestId: RequestId, score?: number): void {
    this.#settle(requestId, Status.HEALTHY, score);
  }

  fail(requestId: RequestId, score?: number): void {
    this.#settle(requestId, Status.UNHEALTHY, score);
  }

  counts(): ReporterCounts {
    const { outbox, courier } = this.#parts;
    const sending = courier?.counts();
    const left = outbox.size + (sending?.inHand ?? 0);
    return {
      statements: this.#statements,
      merged: this.#merged,
      late: this.#late,
      invalid: this.#invalid,
      observations: this.#observations,
      delivered: sending?.delivered ?? 0,
      refused: sending?.refused ?? 0,
      dropped: outbox.dropped + this.#abandoned,
      waiting: left - this.#abandoned,
      pendingRequests: this.#requests.waiting,
      overdueRequests: this.#requests.overdue,
      mode: sending?.mode ?? 'unknown',
      awaySinceMs: sending?.awaySinceMs ?? null,
    };
  }

  close(limitMs: number = DEFAULT_CLOSE_MS): Promise<number> {
    this.#closed ??= this.#close(limitMs).catch(() => this.counts().waiting);
    return this.#closed;
  }

  async #close(limitMs: number): Promise<number> {
    const { courier } = this.#parts;
    this.#isClosing = true;
    this.#requests.close();
    this.#merging.flush();
    let patienceMs = limitMs;
    try {
      checkNumber(limitMs, 'the limit of close', 0);
    } catch (error) {
      this.#tellError(error);
      patienceMs = DEFAULT_CLOSE_MS;
    }
    await courier?.close(patienceMs);
    this.#abandoned = this.counts().waiting;
    return this.#abandoned;
  }

  #settle(requestId: unknown, status: Status, score: unknown): void {
    this.#guard(() => {
      const checked = checkScore(score, status);
      const id = checkRequestId(requestId);
      if (this.#isClosing) {
        this.#tellClosed();
        return;
      }
      const request = this.#requests.settle(id);
      if (request === null) {
        this.#invalid += 1;
        this.#tell('unknown-request', `no request ${describe(id)} is open`);
      } else this.#state(request.subject, request.metric, status, checked);
    });
  }

  /** Something is said of a subject. */
  #state(subject: string, metric: string, status: Status, score: number): void {
    this.#statements += 1;
    if (this.#isClosing) {
      this.#late += 1;
      this.#tellClosed();
      return;
    }
    const statement = { subject, metric, status, score, timeMs: this.#parts.clock.now() };
    if (status !== Status.HEALTHY) this.#merging.end(subject, metric);
    else if (this.#merging.merges(statement)) {
      this.#merged += 1;
      return;
    }
    this.#send(statement);
  }

  #send(statement: Statement): void {
    const { outbox, courier } = this.#parts;
    this.#observations += 1;
    if (!outbox.add(statement)) {
      const message = `${outbox.dropped} observations were dropped: the aggregator does not take them`;
      this.#tell(
        'queue-full',
        message,
        'The newest and the worst of each subject and metric are kept longest.',
      );
    }
    courier?.notify();
  }

  /** What a caller gives may be anything, also an object that throws when it is looked at. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#invalid += 1;
      this.#tellError(error);
    }
  }

  #tellClosed(): void {
    this.#tell('closed', `${this.#parts.observer} has closed its connection and reports nothing any more`);
  }

  #tellError(error: unknown): void {
    if (error instanceof UnknownSubject) this.#tell('unknown-subject', error.message, error.hint);
    else if (error instanceof HviewError) this.#tell('input', error.message, error.hint);
    // Anything at all may have been thrown; even to look at it may throw.
    else
      this.#tell('input', error instanceof Error ? error.message : 'what was given throws when it is read');
  }

  #tell(kind: ProblemKind, message: string, hint?: string): void {
    this.#parts.problems.tell(kind, { message, hint });
  }
}

function checkRequestId(id: unknown): RequestId {
  if ((typeof id === 'string' && id.length <= 256) || typeof id === 'number') return id;
  throw new HviewError(
    'USAGE',
    `the request id is ${describe(id)}, neither a number nor a text of up to 256 characters`,
  );
}
