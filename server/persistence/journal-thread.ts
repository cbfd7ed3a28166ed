/** The journal's own thread: the only place that waits for the disk. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'libsql';
import { describeError, systemErrorReason } from '../../runtime/errors.js';
import type { FromJournal, JournalSettings, JournalStep, ToJournal } from './journal-messages.js';
import { readStored } from './journal-reading.js';
import { MIGRATIONS } from './schema.js';

const port = parentPort;
if (port === null) throw new Error('journal-thread is started as a worker thread');
const say = (message: FromJournal): void => port.postMessage(message);

// What the aggregator's thread passes when it starts this one.
const settings = workerData as JournalSettings;

try {
  const database = open(settings);
  for (const part of readStored(database, settings)) say({ kind: 'stored', part });
  say({ kind: 'opened' });
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

function serve(database: Database.Database): void {
  // Each takes the rows of a step as they come: SQLite reads the JSON itself, so that a row costs neither
  // objects here nor a call of its own.
  const value = (index: number): string => `json_extract(value, '$[${index}]')`;
  const values = (count: number): string => Array.from({ length: count }, (_, index) => value(index)).join();
  const statements = {
    report: [
      `INSERT INTO reports (observer, subject, seconds, nanos, metrics, observation_id, provenance)
       SELECT ${values(7)} FROM json_each(?)`,
    ],
    inference: [
      `INSERT INTO inferences (subject, observers, seconds, nanos, metrics)
       SELECT ${values(5)} FROM json_each(?)`,
    ],
    registration: [
      `INSERT OR REPLACE INTO registrations (handle, module, observer) SELECT ${values(3)} FROM json_each(?)`,
    ],
    watch: [
      `INSERT OR IGNORE INTO watch_list (subject, seconds, nanos) SELECT ${values(3)} FROM json_each(?)`,
    ],
    unwatch: [
      `DELETE FROM watch_list WHERE subject IN (SELECT ${value(0)} FROM json_each(?))`,
      `INSERT OR REPLACE INTO forgotten_subjects (subject, report_id)
       SELECT ${value(0)}, (SELECT coalesce(max(id), 0) FROM reports) FROM json_each(?)`,
    ],
  };
  const prepared = new Map(
    Object.entries(statements).map(([name, texts]) => [name, texts.map((text) => database.prepare(text))]),
  );
  const write = ({ statement, rows }: JournalStep): void => {
    for (const one of prepared.get(statement) ?? []) one.run(rows);
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
      for (const step of message.steps) write(step);
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
