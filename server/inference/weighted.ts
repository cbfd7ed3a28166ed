import type { Inference, Panorama, Timestamp, View } from '../../protocol/model.js';
import { Status, compareTimestamps, timestampToMillis } from '../../protocol/model.js';
import type { InferenceAlgorithm, PanoramaLookup, WeighedVote } from './algorithm.js';
import type { ViewSummary } from './view-summary.js';
import { summarizeView } from './view-summary.js';

/** A good word that is this much older than a complaint does not answer it, milliseconds. */
const ANSWERS_MS = 10_000;

/** What good words from before the complaint count, each and together: whoever still saw nothing amiss. */
const OLD_GOOD_WORD = 0.25;
const OLD_GOOD_WORDS = 0.5;

/** Complaints that weigh less than this together do not make anyone unhealthy. */
const LEAST_COMPLAINT = 0.4;

/** How much a suspicion counts beside an accusation. */
const SUSPICION = 0.5;

/** How much an observer's word is doubted for what it says of itself. */
const SELF_DOUBT: Readonly<Record<Status, number>> = {
  [Status.INVALID]: 0,
  [Status.NA]: 0,
  [Status.HEALTHY]: 0,
  [Status.PENDING]: 0.5,
  [Status.MAYBE_UNHEALTHY]: 0.5,
  [Status.UNHEALTHY]: 1,
  [Status.DYING]: 1,
  [Status.DEAD]: 1,
};

/**
 * A vote in which an observer's word counts less the more it is itself complained of: who is cut off
 * accuses all the others, who in turn accuse it. An observer that takes its word back abstains, a good
 * word from before a complaint hardly answers it, and complaints that weigh too little together remain
 * a suspicion (MAYBE_UNHEALTHY).
 */
export const weighted: InferenceAlgorithm = {
  name: 'weighted',
  weighsObservers: true,
  infer: (panorama, others) => inferAt(new Moment(others), panorama),
  at: (others) => {
    const moment = new Moment(others);
    return (panorama) => inferAt(moment, panorama);
  },
  votes: (panorama, others) => {
    const { votes } = gather(new Moment(others), panorama);
    return [...votes.values()].flatMap((cast) => {
      const abstained = cast.filter(hasNoOpinion).map((vote) => ({ ...vote, weight: 0 }));
      return [...weighAgainstComplaints(cast.filter((vote) => !hasNoOpinion(vote))), ...abstained];
    });
  },
};

/**
 * What is thought of everybody at one moment, each found out once: an observer's word is weighed by those
 * of all who speak of it, and theirs by what is said of them, which would be found out a million times
 * where a hundred accuse each other.
 */
class Moment {
  readonly #others: PanoramaLookup;
  readonly #summaries = new Map<View, ViewSummary | null>();
  readonly #complaints = new Map<View, number>();
  readonly #accusations = new Map<string, number>();
  readonly #credibilities = new Map<string, number>();

  constructor(others: PanoramaLookup) {
    const panoramas = new Map<string, Panorama | undefined>();
    this.#others = (subject) => known(panoramas, subject, () => others(subject));
  }

  summary(view: View): ViewSummary | null {
    return known(this.#summaries, view, () => summarizeView(view));
  }

  /** What the word of an observer counts, 0 to 1, by what is said of it. */
  credibility(observer: string): number {
    return known(this.#credibilities, observer, () => {
      const panorama = this.#others(observer);
      if (panorama === undefined) return 1;
      let doubt = 0;
      let watchers = 0;
      for (const [accuser, view] of panorama.views) {
        // It says itself that it is not well, or not in service: what it thinks of others may be its own trouble.
        if (accuser === observer) {
          doubt += SELF_DOUBT[this.#worstIn(view)];
          continue;
        }
        watchers += 1;
        const complaint = this.#complaintOf(view);
        if (complaint > 0) doubt += complaint / (1 + this.#accusationsOf(accuser));
      }
      const share = doubt / Math.max(1, watchers / 2);
      return 1 / (1 + share) ** 2;
    });
  }

  /** How much others complain of it, each once. */
  #accusationsOf(subject: string): number {
    return known(this.#accusations, subject, () => {
      let sum = 0;
      for (const [accuser, view] of this.#others(subject)?.views ?? [])
        if (accuser !== subject) sum += this.#complaintOf(view);
      return sum;
    });
  }

  /** 1: it accuses; `SUSPICION`: it has a suspicion; 0: it has nothing to complain of. */
  #complaintOf(view: View): number {
    return known(this.#complaints, view, () => {
      const worst = this.#worstIn(view);
      return worst >= Status.UNHEALTHY ? 1 : worst === Status.MAYBE_UNHEALTHY ? SUSPICION : 0;
    });
  }

  #worstIn(view: View): Status {
    let worst: Status = Status.NA;
    for (const { status } of this.summary(view)?.metrics ?? []) if (status > worst) worst = status;
    return worst;
  }
}

/** The value for the key; found out when it is asked for the first time. */
function known<Key, Value>(values: Map<Key, Value>, key: Key, findOut: () => Value): Value {
  const value = values.get(key);
  if (value !== undefined) return value;
  const found = findOut();
  values.set(key, found);
  return found;
}

/** What everybody says of the subject, by metric, each word weighed by whose it is. */
interface Gathered {
  readonly votes: ReadonlyMap<string, readonly WeighedVote[]>;
  readonly observers: readonly string[];
  /** Null: nobody says anything. */
  readonly newest: Timestamp | null;
}

function gather(moment: Moment, { subject, views }: Panorama): Gathered {
  const votes = new Map<string, WeighedVote[]>();
  const observers: string[] = [];
  let newest: Timestamp | null = null;
  for (const [observer, view] of views) {
    const summary = moment.summary(view);
    if (summary === null) continue;
    observers.push(observer);
    if (newest === null || compareTimestamps(summary.time, newest) > 0) newest = summary.time;
    const weight = observer === subject ? 1 : moment.credibility(observer);
    for (const metric of summary.metrics) {
      const cast = votes.get(metric.name);
      if (cast === undefined) votes.set(metric.name, [{ ...metric, observer, weight }]);
      else cast.push({ ...metric, observer, weight });
    }
  }
  return { votes, observers, newest };
}

function inferAt(moment: Moment, panorama: Panorama): Inference | null {
  const { votes, observers, newest } = gather(moment, panorama);
  if (newest === null) return null;
  const metrics = [...votes].map(([name, cast]) => ({ name, ...decide(cast) }));
  return { subject: panorama.subject, observers, observation: { time: newest, metrics } };
}

/** Who takes its word back abstains. */
function hasNoOpinion({ status }: WeighedVote): boolean {
  return status <= Status.NA;
}

/** What becomes of the votes on one metric. */
function decide(cast: readonly WeighedVote[]): { status: Status; score: number } {
  const valid = cast.filter((vote) => !hasNoOpinion(vote));
  if (valid.length === 0) return { status: Status.NA, score: meanScore(cast) };
  const counting = weighAgainstComplaints(valid);
  const weights = new Map<Status, number>();
  for (const { status, weight } of counting) weights.set(status, (weights.get(status) ?? 0) + weight);
  const status = heaviest(weights);
  const complaints = counting.filter((vote) => vote.status >= Status.UNHEALTHY);
  const complaintWeight = complaints.reduce((sum, { weight }) => sum + weight, 0);
  const isTooLight = status >= Status.UNHEALTHY && complaintWeight < LEAST_COMPLAINT;
  return {
    status: isTooLight ? Status.MAYBE_UNHEALTHY : status,
    score: meanScore(counting),
  };
}

/** The votes, with those from before the newest complaint weighing little. */
function weighAgainstComplaints(votes: readonly WeighedVote[]): readonly WeighedVote[] {
  const complaints = votes.filter(({ status }) => status >= Status.UNHEALTHY);
  if (complaints.length === 0) return votes;
  const newestMs = Math.max(...complaints.map(({ time }) => timestampToMillis(time)));
  const isOldGoodWord = ({ status, time }: WeighedVote): boolean =>
    status <= Status.PENDING && newestMs - timestampToMillis(time) > ANSWERS_MS;
  const old = votes.filter(isOldGoodWord);
  const each = Math.min(OLD_GOOD_WORD, OLD_GOOD_WORDS / Math.max(1, old.length));
  return votes.map((vote) => (isOldGoodWord(vote) ? { ...vote, weight: vote.weight * each } : vote));
}

/** A tie goes to the worse. */
function heaviest(weights: ReadonlyMap<Status, number>): Status {
  let best: Status = Status.INVALID;
  let most = 0;
  for (const [status, weight] of weights) {
    if (weight > most || (weight === most && status > best)) {
      best = status;
      most = weight;
    }
  }
  return best;
}

function meanScore(votes: readonly WeighedVote[]): number {
  const total = votes.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return 0;
  return votes.reduce((sum, { score, weight }) => sum + score * weight, 0) / total;
}
