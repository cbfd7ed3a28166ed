import type { Alerting } from './alerts/alerting.js';
import type { Inferences } from './inference/inferences.js';
import type { Intake } from './intake/intake.js';
import type { Persistence } from './persistence/persistence.js';
import type { Mesh } from './relay/mesh.js';
import type { Registrations } from './rpc/registrations.js';
import type { ReportStore } from './store/report-store.js';
import type { AggregatorVerdicts } from './verdicts/aggregator-verdicts.js';

/** Those that know something that outlives the aggregator. */
export interface Restored {
  readonly persistence: Persistence;
  readonly registrations: Registrations;
  readonly store: ReportStore;
  readonly inferences: Inferences;
  readonly verdicts: AggregatorVerdicts;
  readonly intake: Intake;
  readonly mesh: Mesh;
  readonly alerting: Alerting;
}

/**
 * Opens the journal and gives each part what it had before the restart. Resolves to the number of reports that were
 * newer than what was saved of their subject. Rejects with DATABASE_FAILED.
 */
export async function restoreState(parts: Restored): Promise<number> {
  const { persistence, registrations, store, inferences, verdicts, intake, mesh, alerting } = parts;
  let replayed = 0;
  await persistence.open(
    {
      registration: (handle, registration) => registrations.restore(handle, registration),
      watch: (subject, since) => void store.watch(subject, since),
      panorama: (panorama, evidence) => {
        if (!store.isWatched(panorama.subject)) return;
        store.restore(panorama);
        verdicts.restoreEvidence(panorama.subject, evidence);
        for (const observer of panorama.views.keys()) inferences.mark(panorama.subject, observer);
      },
      report: (report, evidence) => {
        if (!store.isWatched(report.subject)) return;
        replayed += 1;
        store.add(report);
        verdicts.reported(report, evidence);
        persistence.panoramaChanged(report.subject);
        inferences.mark(report.subject, report.observer);
      },
      prints: (prints) => intake.restore(prints),
      alert: (_, text) => alerting.restore(text),
      standing: (subject, standing) => verdicts.restoreStanding(subject, standing),
      verdictChange: (change) => verdicts.restoreChange(change),
      relayState: (peer, name, value) => mesh.restore(peer, name, value),
    },
    {
      panorama: (subject) => store.panorama(subject),
      evidence: (subject) => verdicts.evidenceOf(subject),
    },
  );
  return replayed;
}
