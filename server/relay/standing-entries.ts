import type { TakenEntry } from '../../protocol/batch-service.js';
import type { Observation, Panorama, Report } from '../../protocol/model.js';

export interface EntrySources {
  /** The id under which it came. */
  readonly idOf: (observation: Observation) => string;
  /** The log line behind it, as far as it is still known. */
  readonly provenanceOf: (report: Report) => TakenEntry['provenance'];
}

/** All that stands of a subject, as it goes to a peer that lacks it. */
export function standingEntries(
  panorama: Panorama | undefined,
  { idOf, provenanceOf }: EntrySources,
): TakenEntry[] {
  if (panorama === undefined) return [];
  const { subject, views } = panorama;
  return [...views.values()].flatMap(({ observer, observations }) =>
    observations.map((observation) => {
      const report = { observer, subject, observation };
      return { id: idOf(observation), report, provenance: provenanceOf(report) };
    }),
  );
}
