import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { describeError, systemErrorReason } from '../../runtime/errors.js';
import { printsOf } from '../../runtime/text-print.js';
import { carryOver } from './carry-over.js';
import { checkWhole, isDamage, salvage, setAside, setAsideLog } from './damaged-database.js';
import type { JournalSettings, NoteToAggregator } from './journal-messages.js';
import type { JournalWriter } from './journal-writing.js';
import { journalWriter } from './journal-writing.js';
import { MIGRATIONS } from './schema.js';

/** Rows that are read in one piece while a database is brought up to date. */
const CHUNK = 10_000;

/** A database that is not larger is rewritten in about a second, bytes. */
const REWRITE_BYTES = 256 * 1024 * 1024;

/** The write-ahead log is cut to this after a burst, bytes. */
const LOG_BYTES = 64 * 1024 * 1024;

/** An open journal and what is to be written to the log. */
export interface OpenJournal {
  readonly database: Database.Database;
  readonly write: JournalWriter;
  readonly notes: readonly NoteToAggregator[];
}

/**
 * Opens the database, makes it when it is not there, and brings it up to date. One that is damaged is set
 * aside, and what can be read of it goes into a new one. Throws in plain words.
 */
export function openJournal(settings: JournalSettings): OpenJournal {
  const { file } = settings;
  checkPlace(file);
  const lostLog = setAsideLog(file);
  const notes: NoteToAggregator[] = lostLog === null ? [] : [lostLogNote(lostLog)];
  try {
    const { database, ...opened } = openWhole(settings, true);
    return { ...opened, database, notes: [...notes, ...opened.notes] };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const aside = setAside(file);
    const { database, write } = openWhole(settings, false);
    const { rows, unreadable } = salvage(aside, database);
    notes.push(damageNote(describeError(error), aside, rows, unreadable));
    return { database, write, notes };
  }
}

function lostLogNote(setAside: string): NoteToAggregator {
  return {
    level: 'error',
    message: "the journal's write-ahead log cannot be read and is set aside; what was written last is lost",
    fields: { setAside },
  };
}

function damageNote(
  reason: string,
  aside: string,
  saved: Readonly<Record<string, number>>,
  unreadable: Readonly<Record<string, string>>,
): NoteToAggregator {
  return {
    level: 'error',
    message: 'the journal is damaged and set aside; a new one holds what could be read of it',
    fields: { reason, setAside: aside, saved, unreadable },
  };
}

/** Throws what SQLite throws, and DamageError. `isChecked`: whether it may be damaged. */
function openWhole({ file, busyTimeoutMs, rememberedIds }: JournalSettings, isChecked: boolean): OpenJournal {
  // Log lines may hold what is not for everybody's eyes: a new file is its owner's.
  closeSync(openSync(file, 'a', 0o600));
  const database = new Database(file);
  try {
    database.pragma(`busy_timeout = ${busyTimeoutMs}`);
    // Before anything in it changes.
    refuseNewer(database);
    // Counts only before there is a table.
    database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
    // A commit is on disk when it returns; with less a power cut could take back what was acknowledged to
    // an agent. What peers have as well is written with less.
    database.pragma('synchronous = FULL');
    database.pragma(`journal_size_limit = ${LOG_BYTES}`);
    migrate(database);
    if (isChecked) checkWhole(database, file);
    printEarlierIds(database, rememberedIds);
    makeShrinkable(database);
    tidy(database);
    const write = journalWriter(database, rememberedIds);
    const carried = carryOver(database, write);
    return { database, write, notes: carried === null ? [] : [carried] };
  } catch (error) {
    database.close();
    throw error;
  }
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

function refuseNewer(database: Database.Database): void {
  const version = versionOf(database);
  if (version > MIGRATIONS.length) {
    throw new Error(
      `it was written by a newer hview (schema ${version}, this one knows ${MIGRATIONS.length})`,
    );
  }
}

function versionOf(database: Database.Database): number {
  return number(database, 'SELECT user_version FROM pragma_user_version');
}

function migrate(database: Database.Database): void {
  const version = versionOf(database);
  for (const [index, statements] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${statements} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}

/** A journal from before there were prints has the ids themselves. */
function printEarlierIds(database: Database.Database, rememberedIds: number): void {
  if (number(database, 'SELECT EXISTS (SELECT 1 FROM taken_prints)') === 1) return;
  // In a journal of reports without ids the search has an end, too.
  const first = number(
    database,
    `SELECT coalesce(min(id), 0) FROM (SELECT id FROM reports
       WHERE id > (SELECT max(id) FROM reports) - 2 * ${rememberedIds} AND observation_id IS NOT NULL
     ORDER BY id DESC LIMIT ${rememberedIds})`,
  );
  const select = database
    .prepare(
      `SELECT id, observation_id FROM reports WHERE id >= ? AND observation_id IS NOT NULL ORDER BY id LIMIT ${CHUNK}`,
    )
    .raw(true);
  const insert = database.prepare('INSERT INTO taken_prints (last, prints) VALUES (?, ?)');
  database.exec('BEGIN IMMEDIATE');
  let count = 0;
  for (let from = first; ;) {
    const rows = select.all(from) as [number, string][];
    const [newest] = rows.at(-1) ?? [null];
    if (newest === null) break;
    from = newest + 1;
    count += rows.length;
    insert.run([count, Buffer.from(printsOf(rows.map(([, id]) => id)).buffer)]);
  }
  database.exec('COMMIT');
}

/** Lets a file shrink that was made before journals did, unless that would hold up the start for long. */
function makeShrinkable(database: Database.Database): void {
  if (number(database, 'SELECT auto_vacuum FROM pragma_auto_vacuum') !== 0) return;
  const used = number(
    database,
    `SELECT (page_count - freelist_count) * page_size
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  );
  if (used > REWRITE_BYTES) return;
  database.pragma('auto_vacuum = INCREMENTAL');
  database.exec('VACUUM');
}

/** Says no more of a subject that nothing is known of than what a start needs. */
function tidy(database: Database.Database): void {
  database.exec(`
    BEGIN IMMEDIATE;
    DELETE FROM panoramas WHERE views = '[]'
      AND report_id <= (SELECT value FROM journal_state WHERE name = 'covered');
    DELETE FROM forgotten_subjects WHERE report_id < (SELECT min(id) FROM reports);
    COMMIT;`);
}

function number(database: Database.Database, query: string): number {
  const [value] = database.prepare(query).raw(true).get() as [number];
  return value;
}
