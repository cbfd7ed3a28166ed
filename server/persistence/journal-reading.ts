import type Database from 'libsql';
import type { StoredPart } from './journal-messages.js';

/** Rows that are read, and sent to the other thread, in one piece. */
const REPORTS_PER_PART = 2000;
const PANORAMAS_PER_PART = 50;
const CHANGES_PER_PART = 2000;
const PRINT_ROWS_PER_PART = 1000;

/** Where the journal stands. */
export interface JournalPosition {
  /** Every report up to this id is in its panorama. */
  readonly covered: number;
  /** Id of the newest report. */
  readonly last: number;
}

export function readPosition(database: Database.Database): JournalPosition {
  const [covered, last] = database
    .prepare(
      `SELECT coalesce((SELECT value FROM journal_state WHERE name = 'covered'), 0),
              coalesce((SELECT max(id) FROM reports), 0)`,
    )
    .raw(true)
    .get() as [number, number];
  return { covered, last };
}

/**
 * What the database holds of the time before a restart, oldest first within its kind: panoramas as they
 * were saved, and of the reports only those that came later. It comes in texts that SQLite itself puts
 * together: as objects, at once, it would take hundreds of megabytes.
 */
export function* readStored(database: Database.Database, covered: number): Generator<StoredPart, null> {
  yield { kind: 'registrations', rows: text(database, 'handle, module, observer', 'FROM registrations') };
  yield { kind: 'watched', rows: text(database, 'subject, seconds, nanos', 'FROM watch_list') };

  const panoramas = `SELECT json_group_array(json_array(subject, json(views), json(evidence))), max(id)
     FROM (SELECT * FROM panoramas WHERE id >= ?1 ORDER BY id LIMIT ${PANORAMAS_PER_PART})`;
  for (const rows of parts(database, panoramas, 0)) yield { kind: 'panoramas', rows };

  const reports = `SELECT json_group_array(
       json_array(observer, subject, seconds, nanos, json(metrics), json(provenance))), max(id)
     FROM (SELECT * FROM reports AS report WHERE id >= ?1 AND id > coalesce(
       (SELECT report_id FROM forgotten_subjects AS forgotten WHERE forgotten.subject = report.subject), 0)
     AND id > coalesce(
       (SELECT report_id FROM panoramas AS saved WHERE saved.subject = report.subject), 0)
     ORDER BY id LIMIT ${REPORTS_PER_PART})`;
  for (const rows of parts(database, reports, covered + 1)) yield { kind: 'reports', rows };

  const standing = 'subject, status, since_ms, json(metrics)';
  yield { kind: 'standings', rows: text(database, standing, 'FROM standing_verdicts') };
  const change = `sequence, subject, time_ms, before, after, score,
       json(metrics), json(observers), json(evidence)`;
  const changes = `SELECT json_group_array(json_array(${change})), max(sequence)
     FROM (SELECT * FROM verdict_changes WHERE sequence >= ?1 ORDER BY sequence LIMIT ${CHANGES_PER_PART})`;
  for (const rows of parts(database, changes, 0)) yield { kind: 'changes', rows };

  yield* readPrints(database);
  yield { kind: 'relay', rows: text(database, 'peer, name, value', 'FROM relay_state') };
  yield { kind: 'alerts', rows: text(database, 'key, alert', 'FROM told_alerts') };
  return null;
}

function text(database: Database.Database, columns: string, from: string): string {
  const statement = database.prepare(`SELECT json_group_array(json_array(${columns})) ${from}`);
  const [rows] = statement.raw(true).get() as [string];
  return rows;
}

/** What the query finds from the row `first` on, part by part; it answers the rows and the last one's id. */
function* parts(database: Database.Database, query: string, first: number): Generator<string> {
  const statement = database.prepare(query).raw(true);
  for (let from = first; ;) {
    const [rows, last] = statement.get(from) as [string, number | null];
    if (last === null) return;
    yield rows;
    from = last + 1;
  }
}

/** All of them together are a few megabytes. */
function* readPrints(database: Database.Database): Generator<StoredPart> {
  const statement = database
    .prepare(
      `SELECT last, prints FROM taken_prints WHERE last > ? ORDER BY last LIMIT ${PRINT_ROWS_PER_PART}`,
    )
    .raw(true);
  for (let from = 0; ;) {
    const rows = statement.all(from) as [number, Uint8Array][];
    const [newest] = rows.at(-1) ?? [null];
    if (newest === null) return;
    from = newest;
    const bytes = Buffer.concat(rows.map(([, prints]) => prints));
    // A copy, as the words of a typed array must begin at a multiple of four.
    yield { kind: 'prints', prints: new Uint32Array(new Uint8Array(bytes).buffer) };
  }
}
