import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import Database from 'libsql';
import type { Clock } from '../../runtime/clock.js';
import { systemClock } from '../../runtime/clock.js';
import { describeError } from '../../runtime/errors.js';

/** The database cannot be read as one. */
export class DamageError extends Error {}

/** What SQLite keeps beside a database. */
const SIDES = ['', '-wal', '-shm'] as const;

/** How long older reports may be copied out of a damaged database, milliseconds: the service waits for it. */
const COPY_MS = 5000;

const ROWS_AT_ONCE = 500;

/** How a write-ahead log begins, by the byte order of its sums. */
const LOG_BEGINNINGS: ReadonlySet<number> = new Set([0x377f0682, 0x377f0683]);

/** A database of this size is checked completely, a larger one where a start reads it; bytes. */
const CHECKED_BYTES = 64 * 1024 * 1024;

interface SavedTable {
  readonly name: string;
  /** What its rows are ordered by. */
  readonly key: readonly string[];
}

/** Tables of the original may stand beside ours. */
const OF_THE_ORIGINAL: readonly string[] = ['panorama', 'inference', 'registration'];

/** What a start does not need is copied last, and only while there is time. */
const OF_THE_PAST: readonly string[] = ['reports', 'inferences'];

export function isDamage(error: unknown): boolean {
  if (error instanceof DamageError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

/** Throws DamageError or what SQLite throws when the database is not whole, as far as a start needs it. */
export function checkWhole(database: Database.Database, file: string): void {
  // Without waiting for anyone who reads.
  const [, inLog, carriedOver] = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').raw(true).get() as [
    number,
    number,
    number,
  ];
  const [bytes] = database
    .prepare('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size')
    .raw(true)
    .get() as [number];
  const there = statSync(file).size;
  if (inLog === carriedOver && there < bytes) throw new DamageError(`it has ${there} bytes of ${bytes}`);
  const needed = tablesOf(database).filter(({ name }) => !OF_THE_PAST.includes(name));
  for (const check of bytes <= CHECKED_BYTES ? ['1'] : needed.map(({ name }) => name)) {
    const [said] = database.prepare(`PRAGMA quick_check(${check})`).raw(true).get() as [string];
    if (said !== 'ok') throw new DamageError(said);
  }
  // These are taken in again: better it fails now than in the midst of it.
  database
    .prepare(
      `SELECT sum(length(observer) + length(subject) + length(metrics)) FROM reports
       WHERE id > coalesce((SELECT value FROM journal_state WHERE name = 'covered'), 0)`,
    )
    .get();
  // Where the next rows go.
  database.exec(`
    BEGIN IMMEDIATE;
    INSERT INTO reports (observer, subject, seconds, nanos, metrics) VALUES ('', '', 0, 0, '[]');
    INSERT INTO inferences (subject, observers, seconds, nanos, metrics) VALUES ('', '[]', 0, 0, '[]');
    ROLLBACK;`);
}

/** Renames the database with what is beside it; its new name. */
export function setAside(file: string, clock: Clock = systemClock): string {
  const aside = nameBeside(file, clock);
  for (const side of SIDES) if (existsSync(file + side)) renameSync(file + side, aside + side);
  return aside;
}

/** A write-ahead log that is none is renamed, too; its new name, or null. SQLite would delete it without a word. */
export function setAsideLog(file: string, clock: Clock = systemClock): string | null {
  const log = `${file}-wal`;
  const beginning = Buffer.alloc(4);
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) < beginning.length) return null;
  const descriptor = openSync(log, 'r');
  readSync(descriptor, beginning, 0, beginning.length, 0);
  closeSync(descriptor);
  if (LOG_BEGINNINGS.has(beginning.readUInt32BE())) return null;
  const aside = `${nameBeside(file, clock)}-wal`;
  renameSync(log, aside);
  return aside;
}

function nameBeside(file: string, clock: Clock): string {
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  for (let count = 1; ; count += 1) {
    const name = `${file}.damaged-${time}${count === 1 ? '' : `-${count}`}`;
    if (SIDES.every((side) => !existsSync(name + side))) return name;
  }
}

/** What was read out of a damaged database. */
export interface Salvage {
  /** Table → rows. */
  readonly rows: Readonly<Record<string, number>>;
  /** Tables of which not everything could be read, and why. */
  readonly unreadable: Readonly<Record<string, string>>;
}

/** Copies what can be read into a new database, from both ends of each table until it can be read no further. */
export function salvage(aside: string, into: Database.Database, clock: Clock = systemClock): Salvage {
  const rows: Record<string, number> = {};
  const unreadable: Record<string, string> = {};
  const untilMs = clock.monotonic() + COPY_MS;
  let from: Database.Database | null = null;
  try {
    from = new Database(aside, { readonly: true });
    for (const table of tablesOf(into)) {
      const { count, reason } = copyTable(from, into, table, () => clock.monotonic() > untilMs);
      rows[table.name] = count;
      if (reason !== null) unreadable[table.name] = reason;
    }
  } catch (error) {
    unreadable['all'] = describeError(error);
  } finally {
    from?.close();
  }
  // Then the reports have to tell what a panorama would have told.
  if (Object.hasOwn(unreadable, 'panoramas')) into.exec("DELETE FROM journal_state WHERE name = 'covered'");
  numberFromHere(into);
  return { rows, unreadable };
}

/** The newest reports may be gone, and what comes now gets their numbers: nothing is to speak of them. */
function numberFromHere(database: Database.Database): void {
  const newest = (table: string): string => `(SELECT coalesce(max(id), 0) FROM ${table})`;
  database.exec(`
    UPDATE panoramas SET report_id = min(report_id, ${newest('reports')});
    UPDATE forgotten_subjects SET report_id = min(report_id, ${newest('reports')});
    UPDATE journal_state SET value = min(value, ${newest('reports')}) WHERE name = 'covered';
    UPDATE journal_marks SET report_id = min(report_id, ${newest('reports')}),
      inference_id = min(inference_id, ${newest('inferences')});`);
}

function copyTable(
  from: Database.Database,
  into: Database.Database,
  { name, key }: SavedTable,
  isLate: () => boolean,
): { readonly count: number; readonly reason: string | null } {
  const columns = commonColumns(from, into, name);
  if (columns.length === 0) return { count: 0, reason: 'it is not there' };
  const places = key.map((column) => columns.indexOf(column));
  const insert = into.prepare(
    `INSERT OR IGNORE INTO ${name} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`,
  );
  let count = 0;
  let reason: string | null = null;
  const copy = (order: 'ASC' | 'DESC'): boolean => {
    const sign = order === 'ASC' ? '>' : '<';
    const select = (condition: string, limit: number): string =>
      `SELECT ${columns.join()} FROM ${name} ${condition} ORDER BY ${key.map((column) => `${column} ${order}`).join()} LIMIT ${limit}`;
    let last: unknown[] | null = null;
    for (let limit = ROWS_AT_ONCE; ;) {
      const condition = last === null ? '' : `WHERE (${key.join()}) ${sign} (${key.map(() => '?').join()})`;
      let found: unknown[][];
      try {
        found = from
          .prepare(select(condition, limit))
          .raw(true)
          .all(last ?? []) as unknown[][];
      } catch (error) {
        reason = describeError(error);
        // The last ones before the damage one by one.
        if (limit === 1) return false;
        limit = 1;
        continue;
      }
      const newest = found.at(-1);
      if (newest === undefined || (OF_THE_PAST.includes(name) && isLate())) return true;
      for (const row of found) count += insert.run(row).changes;
      last = places.map((place) => newest[place]);
    }
  };
  into.exec('BEGIN IMMEDIATE');
  // The newest first: time may be short.
  if (!copy('DESC')) copy('ASC');
  into.exec('COMMIT');
  return { count, reason };
}

/** All that the schema has, what is needed first. */
function tablesOf(database: Database.Database): SavedTable[] {
  const there = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .raw(true)
    .all() as [string][];
  const names = there.filter(([name]) => !OF_THE_ORIGINAL.includes(name) && /^\w+$/.test(name));
  const keys = database.prepare('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk').raw(true);
  const tables = names.map(([name]) => ({
    name,
    key: (keys.all(name) as [string][]).map(([column]) => column),
  }));
  const isPast = ({ name }: SavedTable): number => OF_THE_PAST.indexOf(name);
  return tables.sort((a, b) => isPast(a) - isPast(b));
}

function commonColumns(from: Database.Database, into: Database.Database, table: string): string[] {
  const columns = (database: Database.Database): string[] =>
    (database.prepare('SELECT name FROM pragma_table_info(?)').raw(true).all(table) as [string][]).map(
      ([name]) => name,
    );
  const there = new Set(columns(from));
  return columns(into).filter((column) => there.has(column));
}
