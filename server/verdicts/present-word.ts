import type { Panorama, Timestamp, View } from '../../protocol/model.js';
import { Status, compareTimestamps } from '../../protocol/model.js';

/** What an observer says now of one metric of a subject. */
export interface PresentWord {
  readonly observer: string;
  readonly metric: string;
  readonly status: Status;
  /** Of the newest observation that says so. */
  readonly time: Timestamp;
  /** Since when it has said so without a break, as far as its observations are kept. */
  readonly since: Timestamp;
}

/** Undefined when the observer says nothing of the metric. */
export function presentWord({ observer, observations }: View, metric: string): PresentWord | undefined {
  let word: PresentWord | undefined;
  for (let index = observations.length - 1; index >= 0; index -= 1) {
    const observation = observations[index];
    const said = observation?.metrics.find(({ name }) => name === metric);
    if (observation === undefined || said === undefined) continue;
    const { time } = observation;
    if (word === undefined) word = { observer, metric, status: said.status, time, since: time };
    else if (said.status === word.status) word = { ...word, since: time };
    else break;
  }
  return word;
}

/**
 * Who brought it about that the metrics have this status, the one that was last to say so first. A complaint
 * of any kind supports each status that is worse than PENDING: it may weigh too little for its own.
 */
export function supporters(
  panorama: Panorama | undefined,
  metrics: readonly string[],
  status: Status,
): readonly PresentWord[] {
  const words: PresentWord[] = [];
  for (const view of panorama?.views.values() ?? []) {
    for (const metric of metrics) {
      const word = presentWord(view, metric);
      if (word !== undefined && supports(word.status, status)) words.push(word);
    }
  }
  return words.sort((a, b) => compareTimestamps(b.since, a.since));
}

function supports(said: Status, status: Status): boolean {
  return said === status || (status > Status.PENDING && said > Status.PENDING);
}

/** The observers of these words, each once. */
export function observersOf(words: readonly PresentWord[]): readonly string[] {
  return [...new Set(words.map(({ observer }) => observer))].sort();
}
