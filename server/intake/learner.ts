import type { TakenEntry } from '../../protocol/batch-service.js';
import type { Observation, Report, View } from '../../protocol/model.js';
import type { Clock } from '../../runtime/clock.js';
import type { ObservationIds } from './observation-ids.js';
import type { TakenIds } from './taken-ids.js';

/** What became of entries that came from a peer; those on ignored subjects make up the difference. */
export interface Learnt {
  readonly accepted: number;
  readonly duplicates: number;
  /** Subjects that nobody here watches. */
  readonly ignored: readonly string[];
}

export interface LearnerOptions {
  readonly clock: Clock;
  readonly filterSubmission: boolean;
  readonly store: {
    isWatched(subject: string): boolean;
    view(observer: string, subject: string): View | undefined;
  };
  readonly held: { hold(report: Report, nowMs: number): void };
  readonly taken: TakenIds;
  readonly ids: ObservationIds;
  /** Whether the store has any use for a report that may be old. */
  readonly wouldKeep: (report: Report) => boolean;
  /** Resolves when they are on disk and in the store; otherwise nothing of them is. */
  readonly take: (entries: readonly TakenEntry[]) => Promise<void>;
}

interface Request {
  readonly entries: readonly TakenEntry[];
  /** `standing`: what stands of subjects, whoever it was reported to; much of it is known here. */
  readonly kind: 'reports' | 'standing';
  readonly resolve: (learnt: Learnt) => void;
  readonly reject: (error: unknown) => void;
}

interface Candidate {
  readonly entry: TakenEntry;
  readonly request: Request;
  readonly account: Account;
}

/** What becomes of one request. */
class Account {
  readonly ignored = new Set<string>();
  candidates = 0;
  accepted = 0;
}

/** Entries in one transaction at most, so that none takes long. */
const ENTRIES_AT_ONCE = 10_000;

/**
 * Takes in what peers pass on, each report once. It is known by its id; where the id was lost, in a restart
 * of one side, by its content. For that all that came before has to be in the store: what comes while one
 * transaction is under way goes together into the next.
 */
export class Learner {
  readonly #options: LearnerOptions;
  readonly #waiting: Request[] = [];
  #isWorking = false;

  constructor(options: LearnerOptions) {
    this.#options = options;
  }

  /** Resolves when all that is new is on disk; rejects when it cannot be written. */
  learn(entries: readonly TakenEntry[], kind: Request['kind']): Promise<Learnt> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, kind, resolve, reject });
      if (!this.#isWorking) void this.#work();
    });
  }

  /** Whether reports on the subject are taken; otherwise they are held. */
  isWanted(subject: string): boolean {
    const { filterSubmission, store } = this.#options;
    return !filterSubmission || store.isWatched(subject);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let group = this.#next(); group.length > 0; group = this.#next()) {
      try {
        await this.#learn(group);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#isWorking = false;
  }

  /** What stands goes by itself: of two that bring the same without ids the second has to see the first's. */
  #next(): readonly Request[] {
    let entries = 0;
    let count = 0;
    for (const request of this.#waiting) {
      entries += request.entries.length;
      if (count > 0 && (request.kind === 'standing' || entries > ENTRIES_AT_ONCE)) break;
      count += 1;
      if (request.kind === 'standing') break;
    }
    return this.#waiting.splice(0, count);
  }

  async #learn(group: readonly Request[]): Promise<void> {
    const { taken, take } = this.#options;
    const accounts = new Map(group.map((request) => [request, new Account()]));
    const candidates = group.flatMap((request) => this.#sort(request, accounts.get(request)));
    const ids = candidates.map(({ entry }) => entry.id);
    let claim = taken.claim(ids);
    while (claim.kind === 'undecided') {
      await claim.decided;
      claim = taken.claim(ids);
    }
    const { isNew } = claim;
    const matched = new Set<Observation>();
    const fresh = candidates.filter(
      ({ entry, request }, index) => isNew[index] === true && !this.#isKnown(entry, request.kind, matched),
    );
    try {
      if (fresh.length > 0) await take(fresh.map(({ entry }) => entry));
    } catch (error) {
      claim.release();
      throw error;
    }
    claim.keep();
    for (const { account } of fresh) account.accepted += 1;
    for (const [request, { candidates: all, accepted, ignored }] of accounts)
      request.resolve({ accepted, duplicates: all - accepted, ignored: [...ignored] });
  }

  /** The entries that may be taken; the others are held, in case somebody soon watches their subject. */
  #sort(request: Request, account = new Account()): readonly Candidate[] {
    const { held, ids, clock } = this.#options;
    const { entries, kind } = request;
    const candidates: Candidate[] = [];
    for (const entry of entries) {
      const { id, report } = entry;
      if (this.isWanted(report.subject)) {
        candidates.push({ entry, request, account });
        continue;
      }
      account.ignored.add(report.subject);
      if (kind === 'standing') continue;
      ids.set(report.observation, id);
      held.hold(report, clock.now());
    }
    account.candidates = candidates.length;
    return candidates;
  }

  #isKnown({ id, report }: TakenEntry, kind: Request['kind'], matched: Set<Observation>): boolean {
    const { store, ids, wouldKeep } = this.#options;
    if (id !== '' || kind === 'standing') {
      const { observations = [] } = store.view(report.observer, report.subject) ?? {};
      const same = observations.find(
        (other) =>
          !matched.has(other) &&
          (id === '' || ids.get(other) === '' || ids.get(other) === id) &&
          isSame(other, report.observation),
      );
      if (same !== undefined) {
        matched.add(same);
        ids.set(same, id);
        return true;
      }
    }
    return kind === 'standing' && !wouldKeep(report);
  }
}

function isSame(a: Observation, b: Observation): boolean {
  return (
    a.time.seconds === b.time.seconds &&
    a.time.nanos === b.time.nanos &&
    a.metrics.length === b.metrics.length &&
    a.metrics.every(({ name, status, score }) =>
      b.metrics.some(
        (other) =>
          other.name === name && other.status === status && Math.fround(other.score) === Math.fround(score),
      ),
    )
  );
}
