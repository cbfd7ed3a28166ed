import type Database from 'libsql';
import type { Dropped } from './journal-messages.js';
import type { RetentionLimits } from './persistence.js';

/** What one step may take, about, milliseconds: reports wait for it. */
const STEP_MS = 15;

/** Rows that one step looks at: few at first, then as many as the time allows. */
const ROWS = { first: 500, least: 50, most: 20_000 } as const;

/** Pages that one step gives back to the file system. */
const PAGES = { first: 64, least: 8, most: 2048 } as const;

/** Free pages that stay in the file for what comes next: a twentieth of it, and so many. */
const SPARE_SHARE = 0.05;
const SPARE_PAGES = 256;

/** Marks are made this often within the age that counts, but not more often than that. */
const MARKS_PER_AGE = 100;
const LEAST_MARK_MS = 100;
const MOST_MARK_MS = 600_000;

/** When too much is there, so much of the limit is left after it was dropped: not every report is to drop one. */
const SIZE_LEFT = 0.95;

/** What a step did. */
export interface RetentionStep extends Dropped {
  /**
   * `more`: call again soon; `done`: nothing is to be dropped now; `held`: what should go is not in a saved panorama
   * yet; `needed`: the journal is too large though everything in it is needed.
   */
  readonly result: 'more' | 'done' | 'held' | 'needed';
}

interface Pace {
  amount: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Drops what is too old or too much from the journal, a little at a time, oldest first. Never drops a report
 * that no saved panorama holds, the last inference of a subject, the ids that are remembered (they are kept by
 * themselves), nor the newest report, after which the next one is numbered.
 */
export class JournalRetention {
  readonly #database: Database.Database;
  readonly #limits: RetentionLimits;
  readonly #rows: Pace = { amount: ROWS.first, least: ROWS.least, most: ROWS.most };
  readonly #pages: Pace = { amount: PAGES.first, least: PAGES.least, most: PAGES.most };
  /** Inferences before this one were looked at; null: all that are to be. */
  #inferencesFrom: number | null = null;
  #inferencesBound = 0;
  #isShrinking = false;
  #hasGivenBack = false;

  constructor(database: Database.Database, limits: RetentionLimits) {
    this.#database = database;
    this.#limits = limits;
  }

  /** `monotonicMs` measures how long the step takes. Throws what SQLite throws; then nothing was dropped. */
  step(nowMs: number, monotonicMs: () => number): RetentionStep {
    this.#mark(nowMs);
    const { covered, first, last, bytes, aged } = this.#look(nowMs);
    const { maxBytes } = this.#limits;
    this.#isShrinking = maxBytes > 0 && bytes > maxBytes * (this.#isShrinking ? SIZE_LEFT : 1);
    const surplus = this.#isShrinking ? surplusReports(bytes, maxBytes * SIZE_LEFT, last - first + 1) : 0;
    const wanted = Math.min(Math.max(first - 1 + surplus, aged), last - 1);
    const startMs = monotonicMs();
    const reports = this.#dropReports(first, Math.min(wanted, covered));
    const { inferences, isMore } = this.#dropInferences();
    adapt(this.#rows, monotonicMs() - startMs);
    const dropped = { reports, inferences };
    if (reports > 0 || isMore || this.#shrinkFile(monotonicMs)) return { ...dropped, result: 'more' };
    if (wanted > covered) return { ...dropped, result: 'held' };
    return { ...dropped, result: this.#isShrinking ? 'needed' : 'done' };
  }

  /** Which report is the newest at this time: by what clock the observers wrote does not count. */
  #mark(nowMs: number): void {
    const { maxAgeMs } = this.#limits;
    const wantedMs = maxAgeMs === 0 ? MOST_MARK_MS : maxAgeMs / MARKS_PER_AGE;
    const apartMs = Math.min(Math.max(wantedMs, LEAST_MARK_MS), MOST_MARK_MS);
    const newest = this.#number('SELECT coalesce(max(at_ms), 0) FROM journal_marks');
    // A clock that was set back makes no marks before it is where it was.
    if (nowMs - newest < apartMs) return;
    this.#run(
      `INSERT INTO journal_marks (at_ms, report_id, inference_id) VALUES (?,
         (SELECT coalesce(max(id), 0) FROM reports), (SELECT coalesce(max(id), 0) FROM inferences))`,
      nowMs,
    );
  }

  #look(nowMs: number) {
    const { maxAgeMs } = this.#limits;
    const [covered, first, last, bytes, aged] = this.#database
      .prepare(
        `SELECT coalesce((SELECT value FROM journal_state WHERE name = 'covered'), 0),
           coalesce((SELECT min(id) FROM reports), 0),
           coalesce((SELECT max(id) FROM reports), 0),
           (SELECT (page_count - freelist_count) * page_size
            FROM pragma_page_count, pragma_freelist_count, pragma_page_size),
           coalesce((SELECT report_id FROM journal_marks WHERE at_ms <= ? ORDER BY at_ms DESC LIMIT 1), 0)`,
      )
      .raw(true)
      .get(maxAgeMs === 0 ? -1 : nowMs - maxAgeMs) as [number, number, number, number, number];
    return { covered, first, last, bytes, aged };
  }

  #dropReports(first: number, bound: number): number {
    if (first === 0 || first > bound) return 0;
    return this.#run('DELETE FROM reports WHERE id <= ?', Math.min(bound, first + this.#rows.amount - 1));
  }

  /** As far back as the reports, those that another one followed: the last inference of a subject stands. */
  #dropInferences(): { readonly inferences: number; readonly isMore: boolean } {
    const [atMs, bound] = (this.#database
      .prepare(
        `SELECT at_ms, inference_id FROM journal_marks
         WHERE report_id < (SELECT coalesce(min(id), 0) FROM reports) ORDER BY at_ms DESC LIMIT 1`,
      )
      .raw(true)
      .get() as [number, number] | undefined) ?? [0, 0];
    if (bound > this.#inferencesBound) {
      this.#inferencesBound = bound;
      this.#inferencesFrom = 0;
      // What was before this mark is not asked for again.
      this.#run('DELETE FROM journal_marks WHERE at_ms < ?', atMs);
    }
    if (this.#inferencesFrom === null) return { inferences: 0, isMore: false };
    const from = this.#inferencesFrom;
    const to = this.#number(
      `SELECT coalesce(max(id), 0) FROM (SELECT id FROM inferences
         WHERE id > ${from} AND id <= ${this.#inferencesBound} ORDER BY id LIMIT ${this.#rows.amount})`,
    );
    this.#inferencesFrom = to === 0 ? null : to;
    if (to === 0) return { inferences: 0, isMore: false };
    const inferences = this.#run(
      `DELETE FROM inferences AS old WHERE id > ${from} AND id <= ?
         AND EXISTS (SELECT 1 FROM inferences AS new WHERE new.subject = old.subject AND new.id > old.id)`,
      to,
    );
    return { inferences, isMore: true };
  }

  /** Whether some of the file was given back. */
  #shrinkFile(monotonicMs: () => number): boolean {
    const pages = this.#number('SELECT page_count FROM pragma_page_count');
    const free = this.#number('SELECT freelist_count FROM pragma_freelist_count');
    if (this.#number('SELECT auto_vacuum FROM pragma_auto_vacuum') === 0) return false;
    const surplus = free - Math.max(SPARE_PAGES, pages * SPARE_SHARE);
    if (surplus <= 0) {
      // The file itself is cut when the write-ahead log, a few megabytes, is carried into it.
      if (this.#hasGivenBack) this.#database.pragma('wal_checkpoint(PASSIVE)');
      this.#hasGivenBack = false;
      return false;
    }
    this.#hasGivenBack = true;
    const startMs = monotonicMs();
    this.#database.exec(`PRAGMA incremental_vacuum(${Math.ceil(Math.min(surplus, this.#pages.amount))})`);
    adapt(this.#pages, monotonicMs() - startMs);
    return true;
  }

  #number(query: string): number {
    const [value] = this.#database.prepare(query).raw(true).get() as [number];
    return value;
  }

  /** Rows that it changed. */
  #run(statement: string, parameter: number): number {
    return this.#database.prepare(statement).run(parameter).changes;
  }
}

/**
 * So many of the oldest reports go before the size is looked at again: their share of what is too much. Nearer to the
 * limit they are fewer, so that no more history goes than has to.
 */
function surplusReports(bytes: number, wantedBytes: number, reports: number): number {
  return Math.max(ROWS.least, Math.ceil((1 - wantedBytes / bytes) * reports));
}

function adapt(pace: Pace, tookMs: number): void {
  if (tookMs > STEP_MS) pace.amount = Math.max(pace.least, Math.floor(pace.amount / 2));
  else if (tookMs < STEP_MS / 3) pace.amount = Math.min(pace.most, pace.amount * 2);
}
