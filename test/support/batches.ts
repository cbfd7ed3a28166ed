import Database from 'libsql';
import type { Batch, BatchEntry, TakenEntry } from '../../protocol/batch-service.js';
import type { Report } from '../../protocol/model.js';
import { report } from './observations.js';

/** An entry in which only what a test is about has to be said. */
export function entry(id: string, parts: Partial<Report> = {}): TakenEntry {
  return { id, report: report(parts), provenance: null };
}

/** A batch of an agent that observes ZooKeeper. */
export function batchOf(...entries: readonly BatchEntry[]): Batch {
  return { agent: 'agent@test', module: 'ZooKeeper', entries };
}

/** The ids of the reports that a journal holds, in its order, as another program reads them; '' for none. */
export function idsInJournal(databaseFile: string): string[] {
  const database = new Database(databaseFile);
  database.pragma('busy_timeout = 5000');
  const rows = database
    .prepare("SELECT coalesce(observation_id, '') FROM reports ORDER BY id")
    .raw(true)
    .all();
  database.close();
  return (rows as [string][]).map(([id]) => id);
}
