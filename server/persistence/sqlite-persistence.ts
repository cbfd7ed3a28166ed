import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Inference } from '../../protocol/model.js';
import type { VerdictChange } from '../../protocol/verdict.js';
import { systemClock } from '../../runtime/clock.js';
import { HviewError, describeError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { printsOf } from '../../runtime/text-print.js';
import type {
  FromJournal,
  JournalSettings,
  JournalStep,
  NoteToAggregator,
  ToJournal,
} from './journal-messages.js';
import { inferenceRows, joinSteps, panoramaRows, reportRows } from './journal-text.js';
import type {
  Change,
  Persistence,
  PersistenceCounts,
  Restorer,
  RetentionLimits,
  SavedStanding,
  StateSource,
} from './persistence.js';
import { LatestRows } from './latest-rows.js';
import { restoreFrom } from './restore-from.js';
import { UnsavedPanoramas } from './unsaved-panoramas.js';
import { changeRow, standingRow } from './verdict-text.js';

export interface SqlitePersistenceOptions {
  /** Path of the database; made when it is not there. */
  readonly file: string;
  readonly logger: Logger;
  /** Ids of reports that are kept for the next start; default 500,000. */
  readonly rememberedIds?: number;
  /** How much of the past is kept; default everything. */
  readonly limits?: RetentionLimits;
  /** How often it is looked at whether something is to be dropped; default every second. */
  readonly retentionEveryMs?: number;
  /** How long to wait for another program that has locked the database. */
  readonly busyTimeoutMs?: number;
  /** Called when its thread runs: the engine takes back flags of the whole process when a thread is started. */
  readonly onThreadStarted?: () => void;
}

/** As many as the intake remembers. */
const DEFAULT_REMEMBERED_IDS = 500_000;

const DEFAULT_LIMITS: RetentionLimits = { maxAgeMs: 0, maxBytes: 0 };
const DEFAULT_RETENTION_EVERY_MS = 1000;

/** Longer than a backup tool holds the lock; reports wait for their answer meanwhile. */
const DEFAULT_BUSY_TIMEOUT_MS = 2000;

/** Rows in one transaction at most, so that one commit does not hold up the next for long. */
const MAX_ROWS = 10_000;

/** How long inferences wait for reports to go with, milliseconds: nobody waits for them. */
const INFERENCES_MS = 200;

/** What goes into the database together, and who waits for it. */
interface Entry {
  readonly steps: readonly JournalStep[];
  readonly rows: number;
  /** Of the rows. */
  readonly reports: number;
  /** Of these, the ids of those that have one. */
  readonly ids: readonly string[];
  /** Whoever waits for it is told once it would outlive a loss of power. */
  readonly isSynced: boolean;
  readonly settle: (error: HviewError | null) => void;
}

type RelayRow = readonly [peer: string, name: string, value: string | null];
type AlertRow = readonly [key: string, alert: string | null];

/**
 * The journal in an SQLite database, written by a thread of its own. Whatever comes in while one
 * transaction is on its way to disk goes together into the next.
 */
export class SqlitePersistence implements Persistence {
  readonly #options: SqlitePersistenceOptions;
  /** The newest of each subject; older ones that have not been written yet are not worth a row. */
  readonly #inferences = new Map<string, Inference>();
  #areInferencesDue = false;
  readonly #relayState = new LatestRows<RelayRow>();
  readonly #alerts = new LatestRows<AlertRow>();
  readonly #unsaved = new UnsavedPanoramas();
  #source: StateSource = { panorama: () => undefined, evidence: () => [] };
  #worker: Worker | null = null;
  #waiting: Entry[] = [];
  #writing: readonly Entry[] | null = null;
  #written = 0;
  #failures = 0;
  #reportsWaiting = 0;
  #isScheduled = false;
  #isFailing = false;
  #isClosing = false;
  /** All panoramas are to be saved, a transaction's worth at a time. */
  #isSavingAll = false;
  #dropped = { reports: 0, inferences: 0 };
  #idle: (() => void)[] = [];
  #lost: HviewError | null = null;

  constructor(options: SqlitePersistenceOptions) {
    this.#options = options;
  }

  async open(restorer: Restorer, source: StateSource): Promise<void> {
    this.#source = source;
    const settings: JournalSettings = {
      file: this.#options.file,
      rememberedIds: this.#options.rememberedIds ?? DEFAULT_REMEMBERED_IDS,
      busyTimeoutMs: this.#options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS,
      limits: this.#options.limits ?? DEFAULT_LIMITS,
      retentionEveryMs: this.#options.retentionEveryMs ?? DEFAULT_RETENTION_EVERY_MS,
    };
    const worker = new Worker(new URL('./journal-thread.js', import.meta.url), { workerData: settings });
    try {
      await restoreFrom(worker, restorer, {
        position: (position) => {
          this.#options.onThreadStarted?.();
          this.#unsaved.begin(position);
        },
        note: (note) => this.#log(note),
      });
    } catch (error) {
      await worker.terminate();
      throw this.#failure('cannot be opened', describeError(error));
    }
    worker.on('message', (message: FromJournal) => this.#hear(message));
    worker.on('error', (error) => this.#breakDown(describeError(error)));
    this.#worker = worker;
  }

  save({ registrations, watched, reports, isElsewhere }: Change): Promise<void> {
    const steps: JournalStep[] = [];
    if (registrations.length > 0) {
      const rows = registrations.map(({ handle, registration: { module, observer } }) => [
        handle,
        module,
        observer,
      ]);
      steps.push({ statement: 'registration', rows: JSON.stringify(rows) });
    }
    if (watched.size > 0) {
      const rows = Array.from(watched, ([subject, { seconds, nanos }]) => [subject, seconds, nanos]);
      steps.push({ statement: 'watch', rows: JSON.stringify(rows) });
    }
    if (reports.length > 0) steps.push({ statement: 'report', rows: reportRows(reports) });
    return this.#write({
      steps,
      rows: registrations.length + watched.size + reports.length,
      reports: reports.length,
      ids: reports.map(({ id }) => id).filter((id) => id !== ''),
      isSynced: !isElsewhere,
    });
  }

  saveUnwatch(subject: string): Promise<void> {
    const steps: JournalStep[] = [{ statement: 'unwatch', rows: JSON.stringify([[subject]]) }];
    return this.#write({ steps, rows: 1, reports: 0, ids: [], isSynced: true });
  }

  saveInference(inference: Inference): void {
    if (this.#inferences.size === 0) systemClock.after(INFERENCES_MS, () => this.#hurry(), { unref: true });
    this.#inferences.set(inference.subject, inference);
  }

  saveVerdict(subject: string, standing: SavedStanding | null, change: VerdictChange | null): Promise<void> {
    const steps: JournalStep[] = [
      standing === null
        ? { statement: 'standing-end', rows: JSON.stringify([[subject]]) }
        : { statement: 'standing', rows: JSON.stringify([standingRow(subject, standing)]) },
    ];
    if (change !== null) steps.push({ statement: 'change', rows: JSON.stringify([changeRow(change)]) });
    return this.#write({ steps, rows: steps.length, reports: 0, ids: [], isSynced: change !== null });
  }

  panoramaChanged(subject: string): void {
    this.#unsaved.mark(subject);
  }

  saveRelayState(peer: string, name: string, value: string | null): void {
    this.#relayState.set(JSON.stringify([peer, name]), [peer, name, value]);
    this.#schedule();
  }

  saveAlert(key: string, alert: string | null): void {
    this.#alerts.set(key, [key, alert]);
    this.#schedule();
  }

  counts(): PersistenceCounts {
    const { file } = this.#options;
    const bytes = [file, `${file}-wal`, `${file}-shm`].map(sizeOf).reduce((sum, size) => sum + size);
    return {
      written: this.#written,
      failures: this.#failures,
      waiting: this.#reportsWaiting,
      bytes,
      dropped: { ...this.#dropped },
    };
  }

  async close(): Promise<void> {
    this.#isClosing = this.#worker !== null;
    this.#schedule();
    while (this.#writing !== null || this.#hasMore()) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    const worker = this.#worker;
    this.#worker = null;
    if (worker === null || this.#lost !== null) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ kind: 'close' } satisfies ToJournal);
    await exited;
  }

  #write(entry: Omit<Entry, 'settle'>): Promise<void> {
    this.#reportsWaiting += entry.reports;
    return new Promise((resolve, reject) => {
      const settle = (error: HviewError | null): void => (error === null ? resolve() : reject(error));
      this.#waiting.push({ ...entry, settle });
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

  #hurry(): void {
    this.#areInferencesDue = true;
    this.#schedule();
  }

  #hasMore(): boolean {
    if (this.#waiting.length > 0) return true;
    if (this.#inferences.size > 0 && (this.#areInferencesDue || this.#isClosing)) return true;
    // What the disk refused waits for company; at the end everything is saved.
    if (this.#isFailing) return false;
    const isSaving = this.#isClosing || this.#isSavingAll;
    return this.#relayState.size > 0 || this.#alerts.size > 0 || (isSaving && this.#unsaved.size > 0);
  }

  #next(): void {
    if (this.#writing !== null) return;
    if (!this.#hasMore()) {
      for (const resume of this.#idle.splice(0)) resume();
      return;
    }
    const batch = this.#nextEntries();
    const steps = [...this.#panoramaSteps(batch), ...batch.flatMap((entry) => entry.steps)];
    const ids = batch.flatMap((entry) => entry.ids);
    if (ids.length > 0) steps.push({ statement: 'prints', prints: printsOf(ids) });
    if (this.#inferences.size > 0)
      steps.push({ statement: 'inference', rows: inferenceRows(this.#inferences.values()) });
    this.#inferences.clear();
    this.#areInferencesDue = false;
    const relay = this.#relayState.take();
    if (relay.length > 0) steps.push({ statement: 'relay', rows: JSON.stringify(relay) });
    const alerts = this.#alerts.take();
    if (alerts.length > 0) steps.push({ statement: 'alert', rows: JSON.stringify(alerts) });
    this.#writing = batch;
    if (this.#worker === null || this.#lost !== null) {
      this.#finish(this.#lost ?? this.#failure('is closed', 'it takes nothing any more'));
      return;
    }
    const isSynced = this.#isClosing || alerts.length > 0 || batch.some((entry) => entry.isSynced);
    this.#worker.postMessage({ kind: 'write', steps: joinSteps(steps), isSynced } satisfies ToJournal);
  }

  /**
   * Before the reports: nothing is on its way to disk now, so what the aggregator knows is what the journal
   * holds up to here.
   */
  #panoramaSteps(batch: readonly Entry[]): JournalStep[] {
    const reports = batch.reduce((sum, entry) => sum + entry.reports, 0);
    const isSaving = this.#isClosing || this.#isSavingAll;
    const unsaved = isSaving ? this.#unsaved.takeMany() : this.#unsaved.take(reports);
    if (this.#unsaved.size === 0) this.#isSavingAll = false;
    if (unsaved === null) return [];
    const source = this.#source;
    const panoramas = unsaved.subjects.map((subject) => ({
      subject,
      panorama: source.panorama(subject),
      evidence: source.evidence(subject),
    }));
    return [
      { statement: 'panorama', rows: panoramaRows(panoramas) },
      { statement: 'state', rows: JSON.stringify([['covered', unsaved.covered]]) },
    ];
  }

  /** The first of those that wait, as many as go into one transaction. */
  #nextEntries(): readonly Entry[] {
    let rows = 0;
    let count = 0;
    for (const entry of this.#waiting) {
      rows += entry.rows;
      if (count > 0 && rows > MAX_ROWS) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  #hear(message: FromJournal): void {
    switch (message.kind) {
      case 'written':
        this.#unsaved.written(message.last);
        this.#finish(null);
        break;
      case 'write-failed':
        this.#finish(this.#failure('cannot be written', message.reason));
        break;
      case 'dropped':
        this.#dropped.reports += message.dropped.reports;
        this.#dropped.inferences += message.dropped.inferences;
        break;
      case 'held':
        this.#isSavingAll = true;
        this.#schedule();
        break;
      case 'note':
        this.#log(message.note);
        break;
      case 'opened':
      case 'open-failed':
      case 'stored':
      case 'closed':
    }
  }

  #log({ level, message, fields }: NoteToAggregator): void {
    this.#options.logger[level](message, { file: this.#options.file, ...fields });
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
    if (error !== null) {
      this.#failures += 1;
      this.#unsaved.failed();
      this.#relayState.failed();
      this.#alerts.failed();
    }
    for (const { settle, reports } of batch ?? []) {
      this.#reportsWaiting -= reports;
      if (error === null) this.#written += reports;
      settle(error);
    }
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

/** Bytes; 0 also where no file can be, which opening it tells in plain words. */
function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}
