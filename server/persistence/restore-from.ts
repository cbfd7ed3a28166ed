import type { Worker } from 'node:worker_threads';
import { HviewError } from '../../runtime/errors.js';
import type { FromJournal, NoteToAggregator, ToJournal } from './journal-messages.js';
import type { JournalPosition } from './journal-reading.js';
import { restorePart } from './journal-text.js';
import type { Restorer } from './persistence.js';

/**
 * Resolves when all that the database held was handed over; listens no longer then. The thread reads one
 * part while the one before is taken in, so that no more than two are in memory.
 */
export function restoreFrom(
  worker: Worker,
  restorer: Restorer,
  told: {
    position(position: JournalPosition): void;
    note(note: NoteToAggregator): void;
  },
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const end = (settle: () => void): void => {
      worker.off('message', hear);
      worker.off('error', fail);
      settle();
    };
    const fail = (error: unknown): void => end(() => reject(HviewError.from(error)));
    const ask = (): void => worker.postMessage({ kind: 'read' } satisfies ToJournal);
    const hear = (message: FromJournal): void => {
      try {
        if (message.kind === 'opened') {
          told.position(message);
          ask();
        } else if (message.kind === 'note') {
          told.note(message.note);
        } else if (message.kind !== 'stored') {
          fail(new Error(message.kind === 'open-failed' ? message.reason : message.kind));
        } else if (message.part === null) {
          end(resolve);
        } else {
          ask();
          restorePart(message.part, restorer);
        }
      } catch (error) {
        fail(error);
      }
    };
    worker.on('message', hear);
    worker.on('error', fail);
  });
}
