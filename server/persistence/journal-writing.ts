import type Database from 'libsql';
import type { JournalStep, StatementName } from './journal-messages.js';

/** Writes the steps of a transaction, in their order. */
export type JournalWriter = (step: JournalStep) => void;

const value = (index: number): string => `json_extract(value, '$[${index}]')`;
const values = (count: number): string => Array.from({ length: count }, (_, index) => value(index)).join();

/**
 * Each takes the rows of a step as they come: SQLite reads the JSON itself, so that a row costs neither
 * objects here nor a call of its own.
 */
const STATEMENTS: Readonly<Record<StatementName, readonly string[]>> = {
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
  watch: [`INSERT OR IGNORE INTO watch_list (subject, seconds, nanos) SELECT ${values(3)} FROM json_each(?)`],
  unwatch: [
    `DELETE FROM watch_list WHERE subject IN (SELECT ${value(0)} FROM json_each(?))`,
    `DELETE FROM panoramas WHERE subject IN (SELECT ${value(0)} FROM json_each(?))`,
    `INSERT OR REPLACE INTO forgotten_subjects (subject, report_id)
     SELECT ${value(0)}, (SELECT coalesce(max(id), 0) FROM reports) FROM json_each(?)`,
  ],
  panorama: [
    `INSERT INTO panoramas (subject, report_id, views, evidence)
     SELECT ${value(0)}, (SELECT coalesce(max(id), 0) FROM reports), ${value(1)}, ${value(2)} FROM json_each(?)
     WHERE true -- or what follows would be taken for a part of the join
     ON CONFLICT (subject) DO UPDATE SET report_id = excluded.report_id, views = excluded.views,
       evidence = excluded.evidence`,
  ],
  standing: [
    `INSERT OR REPLACE INTO standing_verdicts (subject, status, since_ms, metrics)
     SELECT ${values(4)} FROM json_each(?)`,
  ],
  'standing-end': [`DELETE FROM standing_verdicts WHERE subject IN (SELECT ${value(0)} FROM json_each(?))`],
  change: [
    `INSERT OR REPLACE INTO verdict_changes
       (sequence, subject, time_ms, before, after, score, metrics, observers, evidence)
     SELECT ${values(9)} FROM json_each(?)`,
  ],
  state: [`INSERT OR REPLACE INTO journal_state (name, value) SELECT ${values(2)} FROM json_each(?)`],
  relay: [
    `DELETE FROM relay_state WHERE (peer, name) IN
       (SELECT ${values(2)} FROM json_each(?) WHERE ${value(2)} IS NULL)`,
    `INSERT OR REPLACE INTO relay_state (peer, name, value)
     SELECT ${values(3)} FROM json_each(?) WHERE ${value(2)} IS NOT NULL`,
  ],
  alert: [
    `DELETE FROM told_alerts WHERE key IN
       (SELECT ${values(1)} FROM json_each(?) WHERE ${value(1)} IS NULL)`,
    `INSERT OR REPLACE INTO told_alerts (key, alert)
     SELECT ${values(2)} FROM json_each(?) WHERE ${value(1)} IS NOT NULL`,
  ],
};

/** Changes of verdicts that are kept. */
const KEPT_CHANGES = 10_000;

/** `rememberedIds`: prints that are kept. */
export function journalWriter(database: Database.Database, rememberedIds: number): JournalWriter {
  const prepared = new Map(
    Object.entries(STATEMENTS).map(([name, texts]) => [name, texts.map((text) => database.prepare(text))]),
  );
  const addPrints = database.prepare(
    `INSERT INTO taken_prints (last, prints)
     VALUES ((SELECT coalesce(max(last), 0) FROM taken_prints) + length(?1) / 16, ?1)`,
  );
  const dropPrints = database.prepare(
    'DELETE FROM taken_prints WHERE last <= (SELECT max(last) FROM taken_prints) - ?',
  );
  const dropChanges = database.prepare(
    'DELETE FROM verdict_changes WHERE sequence <= (SELECT max(sequence) FROM verdict_changes) - ?',
  );
  return (step) => {
    if (step.statement === 'prints') {
      const { buffer, byteOffset, byteLength } = step.prints;
      // In an array: what is an object by itself would be taken for parameters with names.
      addPrints.run([Buffer.from(buffer, byteOffset, byteLength)]);
      dropPrints.run(rememberedIds);
      return;
    }
    for (const statement of prepared.get(step.statement) ?? []) statement.run(step.rows);
    if (step.statement === 'change') dropChanges.run(KEPT_CHANGES);
  };
}
