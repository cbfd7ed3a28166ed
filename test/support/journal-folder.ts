import { afterEach, beforeEach } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlitePersistenceOptions } from '../../server/persistence/sqlite-persistence.js';
import { SqlitePersistence } from '../../server/persistence/sqlite-persistence.js';
import type { RunningAggregator } from './aggregators.js';
import { runAggregator } from './aggregators.js';
import type { LogLine } from './recording-logger.js';
import { recordingLogger } from './recording-logger.js';

/** What the journal of an aggregator said, in order. */
export interface JournaledAggregator extends RunningAggregator {
  readonly said: readonly LogLine[];
}

/**
 * A new folder for each test of a file, and the aggregators whose journal is in it: what a test leaves running
 * is stopped, and the folder goes with it.
 */
export class JournalFolder {
  /** The database of the aggregators that are started next. */
  file = '';
  #path = '';
  readonly #running: RunningAggregator[] = [];

  constructor(databaseName = 'hview.db') {
    beforeEach(() => {
      this.#path = mkdtempSync(join(tmpdir(), 'hview-journal-'));
      this.file = join(this.#path, databaseName);
    });
    afterEach(async () => {
      for (const one of this.#running.splice(0)) await one.stop();
      rmSync(this.#path, { recursive: true, force: true });
    });
  }

  get path(): string {
    return this.#path;
  }

  async start(options: Partial<SqlitePersistenceOptions> = {}): Promise<JournaledAggregator> {
    const { logger, lines } = recordingLogger();
    const persistence = new SqlitePersistence({ file: this.file, logger, ...options });
    const one = await runAggregator({ databaseFile: this.file }, { persistence });
    this.#running.push(one);
    return { ...one, said: lines };
  }
}
