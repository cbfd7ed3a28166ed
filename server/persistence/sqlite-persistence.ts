import { Worker } from 'node:worker_threads';
import type { Registration } from '../../protocol/health-service.js';
import type { Inference, Metric, Observation, Report, Timestamp } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import { HviewError, describeError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { FromJournal, JournalRow, JournalSettings, StoredRows, ToJournal } from './journal-messages.js';
import type { Persistence, Restored } from './persistence.js';

export interface SqlitePersistenceOptions {
  /** Path of the database; made when it is not there. */
  readonly file: string;
  readonly logger: Logger;
  /** The newest reports that are read back at the start. */
  readonly restoreReports?: number;
  /** How long to wait for another program that has locked the database. */
  readonly busyTimeoutMs?: number;
}

/** Enough for 1,000 subjects with 10 observers of 10 observations each. */
const DEFAULT_RESTORE_REPORTS = 100_000;

/** Longer than a backup tool holds the lock; reports wait for their answer meanwhile. */
const DEFAULT_BUSY_TIMEOUT_MS = 2000;

/** Entries in one transaction at most, so that one commit does not hold up the next for long. */
const MAX_ENTRIES = 2000;

/** What goes into the database together, and who waits for it. */
interface Entry {
  readonly rows: readonly JournalRow[];
  readonly settle: (error: HviewError | null) => void;
}

/**
 * The journal in an SQLite database, written by a thread of its own. Whatever comes in while one
 * transaction is on its way to disk goes together into the next.
 */
export class SqlitePersistence implements Persistence {
  readonly #options: SqlitePersistenceOptions;
  /** The newest of each subject; older ones that have not been written yet are not worth a row. */
  readonly #inferences = new Map<string, Inference>();
  #worker: Worker | null = null;
  #waiting: Entry[] = [];
  #writing: readonly Entry[] | null = null;
  #isScheduled = false;
  #isFailing = false;
  #idle: (() => void)[] = [];
  #lost: HviewError | null = null;

  constructor(options: SqlitePersistenceOptions) {
    this.#options = options;
  }

  async open(): Promise<Restored> {
    const settings: JournalSettings = {
      file: this.#options.file,
      restoreReports: this.#options.restoreReports ?? DEFAULT_RESTORE_REPORTS,
      busyTimeoutMs: this.#options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS,
    };
    const worker = new Worker(new URL('./journal-thread.js', import.meta.url), { workerData: settings });
    const opened = await new Promise<FromJournal>((resolve) => {
      worker.once('message', resolve);
      worker.once('error', (error) => resolve({ kind: 'open-failed', reason: describeError(error) }));
    });
    if (opened.kind !== 'opened') {
      await worker.terminate();
      throw this.#failure('cannot be opened', opened.kind === 'open-failed' ? opened.reason : opened.kind);
    }
    worker.on('message', (message: FromJournal) => this.#hear(message));
    worker.on('error', (error) => this.#breakDown(describeError(error)));
    this.#worker = worker;
    return restore(opened.rows);
  }

  saveReport({ observer, subject, observation }: Report, watchedSince?: Timestamp): Promise<void> {
    const { seconds, nanos } = observation.time;
    const row = ['report', observer, subject, seconds, nanos, metricsToJson(observation)] as const;
    return watchedSince === undefined ? this.#write(row) : this.#write(watchRow(subject, watchedSince), row);
  }

  saveRegistration(handle: number, { module, observer }: Registration): Promise<void> {
    return this.#write(['registration', handle, module, observer]);
  }

  saveWatch(subject: string, since: Timestamp): Promise<void> {
    return this.#write(watchRow(subject, since));
  }

  saveUnwatch(subject: string): Promise<void> {
    return this.#write(['unwatch', subject]);
  }

  saveInference(inference: Inference): void {
    this.#inferences.set(inference.subject, inference);
    this.#schedule();
  }

  async close(): Promise<void> {
    while (this.#writing !== null || this.#waiting.length > 0 || this.#inferences.size > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    const worker = this.#worker;
    this.#worker = null;
    if (worker === null || this.#lost !== null) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ kind: 'close' } satisfies ToJournal);
    await exited;
  }

  #write(...rows: readonly JournalRow[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ rows, settle: (error) => (error === null ? resolve() : reject(error)) });
      this.#schedule();
    });
  }

  /** The rest of this turn of the event loop goes into the same transaction. */
  #schedule(): void {
    if (this.#writing !== null || this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#next();
    });
  }

  #next(): void {
    if (this.#writing !== null) return;
    if (this.#waiting.length === 0 && this.#inferences.size === 0) {
      for (const resume of this.#idle.splice(0)) resume();
      return;
    }
    const batch = this.#waiting.splice(0, MAX_ENTRIES);
    const rows = [
      ...batch.flatMap((entry) => entry.rows),
      ...[...this.#inferences.values()].map(inferenceRow),
    ];
    this.#inferences.clear();
    this.#writing = batch;
    if (this.#worker === null || this.#lost !== null) {
      this.#finish(this.#lost ?? this.#failure('is closed', 'it takes nothing any more'));
      return;
    }
    this.#worker.postMessage({ kind: 'write', rows: JSON.stringify(rows) } satisfies ToJournal);
  }

  #hear(message: FromJournal): void {
    if (message.kind === 'written') this.#finish(null);
    else if (message.kind === 'write-failed')
      this.#finish(this.#failure('cannot be written', message.reason));
  }

  #finish(error: HviewError | null): void {
    const batch = this.#writing;
    this.#writing = null;
    if (error !== null && !this.#isFailing) {
      this.#options.logger.error('the journal cannot be written; reports are refused until it can', {
        reason: error.message,
      });
    } else if (error === null && this.#isFailing) {
      this.#options.logger.info('the journal can be written again');
    }
    this.#isFailing = error !== null;
    for (const { settle } of batch ?? []) settle(error);
    this.#schedule();
  }

  #breakDown(reason: string): void {
    this.#lost = this.#failure('is lost', reason);
    this.#finish(this.#lost);
  }

  #failure(what: string, reason: string): HviewError {
    return new HviewError('DATABASE_FAILED', `the database ${this.#options.file} ${what}: ${reason}`, {
      hint: 'Its folder must exist, be writable and have room; -dbfile names another place.',
    });
  }
}

function watchRow(subject: string, since: Timestamp): JournalRow {
  return ['watch', subject, since.seconds, since.nanos];
}

function inferenceRow({ subject, observers, observation }: Inference): JournalRow {
  const { seconds, nanos } = observation.time;
  return ['inference', subject, JSON.stringify(observers), seconds, nanos, metricsToJson(observation)];
}

function metricsToJson({ metrics }: Observation): string {
  return JSON.stringify(metrics.map(({ name, status, score }) => [name, status, score]));
}

function metricsFromJson(text: string): Metric[] {
  const known = new Set<number>(Object.values(Status));
  const rows = JSON.parse(text) as [string, Status, number][];
  return rows
    .filter(([, status]) => known.has(status))
    .map(([name, status, score]) => ({ name, status, score }));
}

function restore(rows: StoredRows): Restored {
  return {
    registrations: rows.registrations.map(([handle, module, observer]) => ({
      handle,
      registration: { module, observer },
    })),
    watched: new Map(rows.watched.map(([subject, seconds, nanos]) => [subject, { seconds, nanos }] as const)),
    reports: rows.reports.map(([observer, subject, seconds, nanos, metrics]) => ({
      observer,
      subject,
      observation: { time: { seconds, nanos }, metrics: metricsFromJson(metrics) },
    })),
  };
}
