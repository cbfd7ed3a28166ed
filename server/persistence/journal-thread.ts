/** The journal's own thread: the only place that waits for the disk. */
import { parentPort, workerData } from 'node:worker_threads';
import type Database from 'libsql';
import type { Timer } from '../../runtime/clock.js';
import { describeError } from '../../runtime/errors.js';
import { isDamage } from './damaged-database.js';
import type { FromJournal, JournalSettings, ToJournal } from './journal-messages.js';
import { readPosition, readStored } from './journal-reading.js';
import type { OpenJournal } from './open-journal.js';
import { openJournal } from './open-journal.js';
import { keepDropping } from './retention-loop.js';

const port = parentPort;
if (port === null) throw new Error('journal-thread is started as a worker thread');
const say = (message: FromJournal): void => port.postMessage(message);

// What the aggregator's thread passes when it starts this one.
const settings = workerData as JournalSettings;

try {
  serve(openJournal(settings));
} catch (error) {
  say({ kind: 'open-failed', reason: describeError(error) });
  port.close();
}

function serve({ database, write, notes }: OpenJournal): void {
  for (const note of notes) say({ kind: 'note', note });
  const position = readPosition(database);
  const stored = readStored(database, position.covered);
  const last = database.prepare('SELECT coalesce(max(id), 0) FROM reports').raw(true);

  let dropping: Timer | null = null;
  const tellNextPart = (): void => {
    try {
      const part = stored.next().value;
      say({ kind: 'stored', part });
      // Nothing is dropped while it is read.
      if (part === null) dropping = keepDropping(database, settings, say);
    } catch (error) {
      say({ kind: 'open-failed', reason: describeError(error) });
    }
  };
  let isSyncing = true;
  const writeAll = ({ steps, isSynced }: Extract<ToJournal, { readonly kind: 'write' }>): void => {
    try {
      if (isSynced !== isSyncing) {
        // Whatever the system loses of its log, it keeps all that came before: the order holds either way.
        database.pragma(`synchronous = ${isSynced ? 'FULL' : 'NORMAL'}`);
        isSyncing = isSynced;
      }
      database.exec('BEGIN IMMEDIATE');
      for (const step of steps) write(step);
      const [newest] = last.get() as [number];
      database.exec('COMMIT');
      say({ kind: 'written', last: newest });
    } catch (error) {
      rollBack(database);
      const cure = isDamage(error) ? '; a restart sets it aside and goes on with what can be read of it' : '';
      say({ kind: 'write-failed', reason: `${describeError(error)}${cure}` });
    }
  };
  port?.on('message', (message: ToJournal) => {
    switch (message.kind) {
      case 'read':
        tellNextPart();
        break;
      case 'write':
        writeAll(message);
        break;
      case 'close':
        dropping?.cancel();
        database.close();
        say({ kind: 'closed' });
        port.close();
    }
  });
  say({ kind: 'opened', ...position });
}

function rollBack(database: Database.Database): void {
  try {
    // A full disk ends the transaction by itself.
    if (database.inTransaction) database.exec('ROLLBACK');
  } catch {
    // The cause is on its way to whoever waits; the next BEGIN tells whether the database is of use again.
  }
}
