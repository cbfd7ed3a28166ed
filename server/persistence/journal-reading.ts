import type Database from 'libsql';
import type { JournalSettings, StoredPart } from './journal-messages.js';

/** Rows that are read, and sent to the other thread, in one piece. */
const REPORTS_PER_PART = 2000;
const IDS_PER_PART = 10_000;

/**
 * What the database holds of the time before a restart, oldest first within its kind. It comes in texts
 * that SQLite itself puts together: as objects, at once, it would take hundreds of megabytes.
 */
export function* readStored(
  database: Database.Database,
  { restoreReports, restoreIds }: JournalSettings,
): Generator<StoredPart> {
  yield { kind: 'registrations', rows: text(database, 'handle, module, observer', 'FROM registrations') };
  yield { kind: 'watched', rows: text(database, 'subject, seconds, nanos', 'FROM watch_list') };

  const firstReport = number(
    database,
    'SELECT min(id) FROM (SELECT id FROM reports ORDER BY id DESC LIMIT ?)',
    restoreReports,
  );
  const reports = `SELECT json_group_array(json_array(observer, subject, seconds, nanos, json(metrics))), max(id)
     FROM (SELECT * FROM reports AS report WHERE id >= ?1 AND id > coalesce(
       (SELECT report_id FROM forgotten_subjects AS forgotten WHERE forgotten.subject = report.subject), 0)
     ORDER BY id LIMIT ${REPORTS_PER_PART})`;
  for (const rows of parts(database, reports, firstReport)) yield { kind: 'reports', rows };

  // In a journal of reports without ids the search has an end, too.
  const firstId = number(
    database,
    `SELECT min(id) FROM (SELECT id FROM reports
       WHERE id > (SELECT max(id) FROM reports) - 2 * ?1 AND observation_id IS NOT NULL
     ORDER BY id DESC LIMIT ?1)`,
    restoreIds,
  );
  const ids = `SELECT json_group_array(observation_id), max(id)
     FROM (SELECT id, observation_id FROM reports WHERE id >= ?1 AND observation_id IS NOT NULL
     ORDER BY id LIMIT ${IDS_PER_PART})`;
  for (const rows of parts(database, ids, firstId)) yield { kind: 'ids', rows };
}

function text(database: Database.Database, columns: string, from: string): string {
  const statement = database.prepare(`SELECT json_group_array(json_array(${columns})) ${from}`);
  const [rows] = statement.raw(true).get() as [string];
  return rows;
}

/** Null when there is no row to take the least of. */
function number(database: Database.Database, query: string, limit: number): number | null {
  const [found] = database.prepare(query).raw(true).get(limit) as [number | null];
  return found;
}

/** What the query finds from the row `first` on, part by part; it answers the rows and the last one's id. */
function* parts(database: Database.Database, query: string, first: number | null): Generator<string> {
  const statement = database.prepare(query).raw(true);
  for (let from = first; from !== null;) {
    const [rows, last] = statement.get(from) as [string, number | null];
    if (last === null) return;
    yield rows;
    from = last + 1;
  }
}
