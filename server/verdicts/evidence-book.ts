import type { Report, Status, Timestamp } from '../../protocol/model.js';
import { compareTimestamps } from '../../protocol/model.js';
import type { Evidence } from '../../protocol/verdict.js';
import { TextPool } from './text-pool.js';

/** What an observer last said of one metric of a subject, and where that comes from. */
export interface KeptEvidence {
  readonly observer: string;
  readonly metric: string;
  readonly time: Timestamp;
  readonly status: Status;
  readonly evidence: Evidence;
}

/** Text that is kept at most, in characters: two metrics of each of 10 observers of 1,000 subjects, and lines of 1,000. */
const MAX_CHARACTERS = 24 * 1024 * 1024;

/** What an entry counts for besides its own texts. */
const ENTRY_CHARACTERS = 200;

type Entries = Map<string, KeptEvidence>;

/**
 * Where the present word of each observer comes from: one line for each subject, observer and metric. Bounded;
 * beyond that the evidence that came longest ago goes.
 */
export class EvidenceBook {
  /** Subjects, and the entries of each, in the order in which they were last spoken of. */
  readonly #bySubject = new Map<string, Entries>();
  readonly #pool = new TextPool();
  #characters = 0;

  constructor(private readonly maxCharacters = MAX_CHARACTERS) {}

  /** Characters that are kept. */
  get characters(): number {
    return this.#characters;
  }

  /** Null: it is not known where the report comes from, which is then no longer known of what it supersedes. */
  add({ observer, subject, observation }: Report, evidence: Evidence | null): void {
    let entries = this.#bySubject.get(subject);
    if (entries === undefined) {
      if (evidence === null) return;
      entries = new Map();
    }
    const shared = evidence === null ? null : this.#shared(evidence);
    for (const { name: metric, status } of observation.metrics) {
      const { time } = observation;
      const before = entries.get(keyOf(observer, metric));
      if (before !== undefined && compareTimestamps(before.time, time) > 0) continue;
      if (before !== undefined) this.#remove(entries, before);
      if (shared !== null) this.#put(entries, { observer, metric, time, status, evidence: shared });
    }
    this.#bySubject.delete(subject);
    if (entries.size > 0) this.#bySubject.set(subject, entries);
    this.#shrink();
  }

  /** What was kept before a restart. */
  restore(subject: string, kept: Iterable<KeptEvidence>): void {
    for (const { observer, metric, time, status, evidence } of kept) {
      this.add(
        { observer, subject, observation: { time, metrics: [{ name: metric, status, score: 0 }] } },
        evidence,
      );
    }
  }

  /** Of the word that the observer gave at that time; null when it is not known, or that was another word. */
  find(subject: string, observer: string, metric: string, time: Timestamp): Evidence | null {
    const entry = this.#bySubject.get(subject)?.get(keyOf(observer, metric));
    return entry !== undefined && compareTimestamps(entry.time, time) === 0 ? entry.evidence : null;
  }

  /** All that is kept of the subject. */
  of(subject: string): Iterable<KeptEvidence> {
    return this.#bySubject.get(subject)?.values() ?? [];
  }

  forget(subject: string): void {
    const entries = this.#bySubject.get(subject);
    if (entries === undefined) return;
    for (const entry of entries.values()) this.#characters -= charactersOf(entry);
    this.#bySubject.delete(subject);
  }

  #shared({ agent, host, path, offset, line, rule, why }: Evidence): Evidence {
    const pool = this.#pool;
    return {
      agent: pool.share(agent),
      host: pool.share(host),
      path: pool.share(path),
      offset,
      line,
      rule: pool.share(rule),
      why: pool.share(why),
    };
  }

  #put(entries: Entries, entry: KeptEvidence): void {
    entries.set(keyOf(entry.observer, entry.metric), entry);
    this.#characters += charactersOf(entry);
  }

  #remove(entries: Entries, entry: KeptEvidence): void {
    entries.delete(keyOf(entry.observer, entry.metric));
    this.#characters -= charactersOf(entry);
  }

  #shrink(): void {
    while (this.#characters > this.maxCharacters) {
      const [oldest] = this.#bySubject;
      if (oldest === undefined) return;
      const [subject, entries] = oldest;
      const [first] = entries.values();
      if (first !== undefined) this.#remove(entries, first);
      if (entries.size === 0) this.#bySubject.delete(subject);
    }
  }
}

/** Names hold no zero byte. */
function keyOf(observer: string, metric: string): string {
  return `${observer}\0${metric}`;
}

function charactersOf({ observer, metric, evidence }: KeptEvidence): number {
  return evidence.line.length + observer.length + metric.length + ENTRY_CHARACTERS;
}
