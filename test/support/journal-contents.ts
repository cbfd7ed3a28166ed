import type { Registration } from '../../protocol/health-service.js';
import type { Panorama, Report, Timestamp } from '../../protocol/model.js';
import type { Evidence, VerdictChange } from '../../protocol/verdict.js';
import { PRINT_WORDS } from '../../runtime/text-print.js';
import type {
  Persistence,
  Restorer,
  SavedEvidence,
  SavedStanding,
  StateSource,
} from '../../server/persistence/persistence.js';

/** What a journal gave back when it was opened. */
export class JournalContents implements Restorer {
  readonly registrations: (readonly [handle: number, registration: Registration])[] = [];
  readonly watched = new Map<string, Timestamp>();
  readonly reports: Report[] = [];
  readonly panoramas = new Map<string, Panorama>();
  /** Of panoramas and reports. */
  readonly evidence: Evidence[] = [];
  readonly standings = new Map<string, SavedStanding>();
  readonly changes: VerdictChange[] = [];
  /** One after the other, each as its words with commas. */
  readonly printed: string[] = [];
  readonly alerts: (readonly [key: string, alert: string])[] = [];
  readonly relay: (readonly [peer: string, name: string, value: string])[] = [];

  /** Of what the panoramas and the reports speak. */
  get subjects(): ReadonlySet<string> {
    return new Set([...this.panoramas.keys(), ...this.reports.map(({ subject }) => subject)]);
  }

  registration(handle: number, registration: Registration): void {
    this.registrations.push([handle, registration]);
  }

  watch(subject: string, since: Timestamp): void {
    this.watched.set(subject, since);
  }

  report(report: Report, evidence: Evidence | null): void {
    this.reports.push(report);
    if (evidence !== null) this.evidence.push(evidence);
  }

  panorama(panorama: Panorama, saved: readonly SavedEvidence[]): void {
    this.panoramas.set(panorama.subject, panorama);
    this.evidence.push(...saved.map(({ evidence }) => evidence));
  }

  standing(subject: string, standing: SavedStanding): void {
    this.standings.set(subject, standing);
  }

  verdictChange(change: VerdictChange): void {
    this.changes.push(change);
  }

  alert(key: string, alert: string): void {
    this.alerts.push([key, alert]);
  }

  prints(prints: Uint32Array): void {
    for (let start = 0; start < prints.length; start += PRINT_WORDS)
      this.printed.push(prints.slice(start, start + PRINT_WORDS).join());
  }

  relayState(peer: string, name: string, value: string): void {
    this.relay.push([peer, name, value]);
  }
}

/** Opens the journal; what it holds. By default no panorama is known when it asks for one. */
export async function openJournal(
  persistence: Persistence,
  source: StateSource = { panorama: () => undefined, evidence: () => [] },
): Promise<JournalContents> {
  const contents = new JournalContents();
  await persistence.open(contents, source);
  return contents;
}
