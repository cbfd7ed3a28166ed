/** The journal's own thread: the only place that waits for the disk. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'libsql';
import { describeError, systemErrorReason } from '../../runtime/errors.js';
import type { FromJournal, JournalRow, JournalSettings, StoredRows, ToJournal } from './journal-messages.js';
import { MIGRATIONS } from './schema.js';

const port = parentPort;
if (port === null) throw new Error('journal-thread is started as a worker thread');
const say = (message: FromJournal): void => port.postMessage(message);

// What the aggregator's thread passes when it starts this one.
const settings = workerData as JournalSettings;

try {
  const database = open(settings);
  say({ kind: 'opened', rows: read(database, settings.restoreReports) });
  serve(database);
} catch (error) {
  say({ kind: 'open-failed', reason: describeError(error) });
  port.close();
}

function open({ file, busyTimeoutMs }: JournalSettings): Database.Database {
  checkPlace(file);
  const database = new Database(file);
  database.pragma(`busy_timeout = ${busyTimeoutMs}`);
  database.pragma('journal_mode = WAL');
  // A commit is on disk when it returns; with less a power cut could take back what was acknowledged.
  database.pragma('synchronous = FULL');
  migrate(database);
  return database;
}

/** Throws in plain words what SQLite would only have a number for. */
function checkPlace(file: string): void {
  const folder = dirname(file);
  try {
    // SQLite makes further files beside the database.
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(`the folder ${folder} cannot be written: ${systemErrorReason(error)}`, { cause: error });
  }
  const existing = statSync(file, { throwIfNoEntry: false });
  if (existing?.isDirectory() === true) throw new Error('it is a folder');
  if (existing !== undefined) accessSync(file, constants.W_OK);
}

function migrate(database: Database.Database): void {
  const { version } = database.prepare('SELECT user_version AS version FROM pragma_user_version').get() as {
    version: number;
  };
  if (version > MIGRATIONS.length) {
    throw new Error(
      `it was written by a newer hview (schema ${version}, this one knows ${MIGRATIONS.length})`,
    );
  }
  for (const [index, statements] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${statements} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}

function read(database: Database.Database, limit: number): StoredRows {
  const rows = (statement: string, ...values: unknown[]): unknown[] =>
    database
      .prepare(statement)
      .raw(true)
      .all(...values);
  return {
    registrations: rows('SELECT handle, module, observer FROM registrations') as StoredRows['registrations'],
    watched: rows('SELECT subject, seconds, nanos FROM watch_list') as StoredRows['watched'],
    reports: rows(
      `SELECT observer, subject, seconds, nanos, metrics FROM
         (SELECT * FROM reports ORDER BY id DESC LIMIT ?) AS newest
       WHERE id > coalesce(
         (SELECT report_id FROM forgotten_subjects AS forgotten WHERE forgotten.subject = newest.subject), 0)
       ORDER BY id`,
      limit,
    ) as StoredRows['reports'],
  };
}

function serve(database: Database.Database): void {
  const statements = {
    report: database.prepare(
      'INSERT INTO reports (observer, subject, seconds, nanos, metrics) VALUES (?, ?, ?, ?, ?)',
    ),
    inference: database.prepare(
      'INSERT INTO inferences (subject, observers, seconds, nanos, metrics) VALUES (?, ?, ?, ?, ?)',
    ),
    registration: database.prepare(
      'INSERT OR REPLACE INTO registrations (handle, module, observer) VALUES (?, ?, ?)',
    ),
    watch: database.prepare('INSERT OR IGNORE INTO watch_list (subject, seconds, nanos) VALUES (?, ?, ?)'),
    unwatch: database.prepare('DELETE FROM watch_list WHERE subject = ?'),
    forget: database.prepare(
      `INSERT OR REPLACE INTO forgotten_subjects (subject, report_id)
       SELECT ?, coalesce(max(id), 0) FROM reports`,
    ),
  };
  const write = (row: JournalRow): void => {
    const [statement, ...values] = row;
    statements[statement].run(...values);
    if (statement === 'unwatch') statements.forget.run(...values);
  };
  port?.on('message', (message: ToJournal) => {
    if (message.kind === 'close') {
      database.close();
      say({ kind: 'closed' });
      port.close();
      return;
    }
    try {
      database.exec('BEGIN IMMEDIATE');
      for (const row of JSON.parse(message.rows) as JournalRow[]) write(row);
      database.exec('COMMIT');
      say({ kind: 'written' });
    } catch (error) {
      rollBack(database);
      say({ kind: 'write-failed', reason: describeError(error) });
    }
  });
}

function rollBack(database: Database.Database): void {
  try {
    // A full disk ends the transaction by itself.
    if (database.inTransaction) database.exec('ROLLBACK');
  } catch {
    // The cause is on its way to whoever waits; the next BEGIN tells whether the database is of use again.
  }
}
