import type { Registration } from '../../protocol/health-service.js';
import type { Report, Timestamp } from '../../protocol/model.js';
import type { Persistence, Restorer } from '../../server/persistence/persistence.js';

/** What a journal gave back when it was opened. */
export class JournalContents implements Restorer {
  readonly registrations: (readonly [handle: number, registration: Registration])[] = [];
  readonly watched = new Map<string, Timestamp>();
  readonly reports: Report[] = [];
  readonly ids: string[] = [];

  registration(handle: number, registration: Registration): void {
    this.registrations.push([handle, registration]);
  }

  watch(subject: string, since: Timestamp): void {
    this.watched.set(subject, since);
  }

  report(report: Report): void {
    this.reports.push(report);
  }

  id(id: string): void {
    this.ids.push(id);
  }
}

/** Opens the journal; what it holds. */
export async function openJournal(persistence: Persistence): Promise<JournalContents> {
  const contents = new JournalContents();
  await persistence.open(contents);
  return contents;
}
