import type Database from 'libsql';
import type { NoteToAggregator } from './journal-messages.js';
import type { JournalWriter } from './journal-writing.js';
import { parseOriginalMetrics, parseOriginalTime } from './original-text.js';

/** Rows that are read and written in one piece. */
const CHUNK = 2000;

/** How many rows that could not be understood are shown. */
const SHOWN = 3;

type OriginalRow = readonly [
  place: number,
  id: number,
  subject: unknown,
  observer: unknown,
  time: unknown,
  metrics: unknown,
];

/**
 * Takes in what a database of the original holds in its tables `panorama` and `registration`: reports in the
 * order of their times, as if they had just come, and registrations with their handles. All or nothing, each
 * row once; the tables stay as they are.
 */
export function carryOver(database: Database.Database, write: JournalWriter): NoteToAggregator | null {
  if (!hasColumns(database, 'panorama', 'id', 'subject', 'observer', 'time', 'metrics')) return null;
  const [before, newest] = database
    .prepare(
      `SELECT (SELECT value FROM journal_state WHERE name = 'carried over'),
         coalesce((SELECT max(id) FROM panorama), 0)`,
    )
    .raw(true)
    .get() as [number | null, number];
  if (before !== null && before >= newest) return null;
  database.exec('BEGIN IMMEDIATE');
  try {
    const registrations = before === null ? carryRegistrations(database) : 0;
    const { reports, notUnderstood, examples } = carryReports(database, write, before ?? 0);
    write({ statement: 'state', rows: JSON.stringify([['carried over', newest]]) });
    database.exec('COMMIT');
    return {
      level: notUnderstood > 0 ? 'warn' : 'info',
      message: 'a database of the original was carried over; its tables stay as they are',
      fields: { registrations, reports, notUnderstood, ...(notUnderstood > 0 ? { examples } : {}) },
    };
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The number of registrations that are new. */
function carryRegistrations(database: Database.Database): number {
  const handle = ['handle', 'id'].find((name) =>
    hasColumns(database, 'registration', name, 'module', 'observer'),
  );
  if (handle === undefined) return 0;
  const select = `FROM registration WHERE typeof(${handle}) = 'integer' AND module IS NOT NULL AND observer <> ''`;
  const { changes } = database
    .prepare(
      `INSERT OR IGNORE INTO registrations (handle, module, observer) SELECT ${handle}, module, observer ${select}`,
    )
    .run();
  database.exec(
    `INSERT OR IGNORE INTO watch_list (subject, seconds, nanos) SELECT observer, unixepoch(), 0 ${select}`,
  );
  return changes;
}

function carryReports(database: Database.Database, write: JournalWriter, after: number) {
  database.exec('DROP TABLE IF EXISTS temp.carried');
  // Their places are the order of time.
  database.exec(
    `CREATE TEMP TABLE carried AS SELECT id FROM main.panorama WHERE id > ${after} ORDER BY time, id`,
  );
  const select = database
    .prepare(
      `SELECT carried.rowid, id, subject, observer, CAST(time AS TEXT), CAST(metrics AS TEXT)
       FROM carried JOIN main.panorama USING (id) WHERE carried.rowid > ? ORDER BY carried.rowid LIMIT ${CHUNK}`,
    )
    .raw(true);
  const examples: string[] = [];
  let reports = 0;
  let notUnderstood = 0;
  for (let from = 0; ;) {
    const rows = select.all(from) as OriginalRow[];
    const last = rows.at(-1);
    if (last === undefined) break;
    [from] = last;
    const understood = rows.flatMap((row) => {
      const report = reportOf(row);
      if (report === null && examples.length < SHOWN) examples.push(JSON.stringify(row.slice(1)));
      return report === null ? [] : [report];
    });
    reports += understood.length;
    notUnderstood += rows.length - understood.length;
    const watched = understood.map(([, subject, seconds, nanos]) => [subject, seconds, nanos]);
    write({ statement: 'watch', rows: JSON.stringify(watched) });
    write({ statement: 'report', rows: JSON.stringify(understood) });
  }
  database.exec('DROP TABLE temp.carried');
  return { reports, notUnderstood, examples };
}

function reportOf([, , subject, observer, timeText, metricsText]: OriginalRow) {
  const time = typeof timeText === 'string' ? parseOriginalTime(timeText) : null;
  const metrics = typeof metricsText === 'string' ? parseOriginalMetrics(metricsText) : null;
  const isNamed =
    typeof subject === 'string' && subject !== '' && typeof observer === 'string' && observer !== '';
  if (!isNamed || time === null || metrics === null) return null;
  return [observer, subject, time.seconds, time.nanos, metrics, null, null] as const;
}

function hasColumns(database: Database.Database, table: string, ...columns: readonly string[]): boolean {
  const there = database.prepare('SELECT name FROM pragma_table_info(?)').raw(true).all(table) as [string][];
  return columns.every((column) => there.some(([name]) => name.toLowerCase() === column));
}
