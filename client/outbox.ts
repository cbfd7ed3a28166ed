import type { Statement } from './statement.js';
import { keyOf } from './statement.js';

/** A statement with its place among all that were sent. */
export interface Letter extends Statement {
  readonly sequence: number;
}

/** What waits of one subject and metric, oldest first. */
interface Lane {
  readonly key: string;
  readonly letters: Letter[];
  /** The set of lanes that it stands in. */
  bucket: Set<Lane>;
}

/** So many of one subject and metric wait at most: one that changes all the time leaves room for the others. */
const MAX_LANE = 64;

/**
 * What waits to be sent, bounded. When it is full something goes, and what goes is what an aggregator
 * misses least: of a subject and metric first whatever is neither the newest nor the worst, then the
 * worst, then, least bad and oldest first, the newest. So the last word outlives whatever it takes back.
 */
export class Outbox {
  readonly #capacity: number;
  /** In order of the first letter that waits, nearly. */
  readonly #lanes = new Map<string, Lane>();
  /** Lanes of three letters or more, of two, and of one by its status; each by its time in the set. */
  readonly #long = new Set<Lane>();
  readonly #pairs = new Set<Lane>();
  readonly #singles: readonly Set<Lane>[] = Array.from({ length: 8 }, () => new Set<Lane>());
  #size = 0;
  #sequence = 0;
  #dropped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** How many went for want of room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether there was room for it without anything being dropped. */
  add(statement: Statement): boolean {
    const { subject, metric } = statement;
    const key = keyOf(subject, metric);
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { key, letters: [], bucket: this.#long };
      this.#lanes.set(key, lane);
    }
    this.#sequence += 1;
    lane.letters.push({ ...statement, sequence: this.#sequence });
    this.#size += 1;
    this.#sort(lane);
    const before = this.#dropped;
    if (lane.letters.length > MAX_LANE) this.#thin(lane);
    while (this.#size > this.#capacity) this.#makeRoom();
    return this.#dropped === before;
  }

  /** Takes out at most so many, in their order. */
  take(most: number): Letter[] {
    const taken: Letter[] = [];
    for (const lane of this.#lanes.values()) {
      if (taken.length >= most) break;
      taken.push(...lane.letters.splice(0, most - taken.length));
      this.#sort(lane);
    }
    this.#size -= taken.length;
    return taken.sort((a, b) => a.sequence - b.sequence);
  }

  /** Puts a lane where its letters say. */
  #sort(lane: Lane): void {
    const [first] = lane.letters;
    if (first === undefined) {
      lane.bucket.delete(lane);
      this.#lanes.delete(lane.key);
      return;
    }
    const { length } = lane.letters;
    const bucket =
      (length > 2 ? this.#long : length === 2 ? this.#pairs : this.#singles[first.status]) ?? this.#pairs;
    if (bucket !== lane.bucket) lane.bucket.delete(lane);
    lane.bucket = bucket;
    bucket.add(lane);
  }

  #makeRoom(): void {
    const [long] = this.#long;
    if (long !== undefined) {
      this.#thin(long);
      return;
    }
    const [pair] = this.#pairs;
    const lane = pair ?? this.#leastBad();
    if (lane !== undefined) this.#drop(lane, 0);
  }

  #leastBad(): Lane | undefined {
    for (const lanes of this.#singles) for (const lane of lanes) return lane;
    return undefined;
  }

  /** Drops the oldest of the lane that is neither the newest nor the worst. */
  #thin(lane: Lane): void {
    let worst = 0;
    lane.letters.forEach(({ status }, index) => {
      if (status > (lane.letters[worst]?.status ?? 0)) worst = index;
    });
    this.#drop(lane, worst === 0 ? 1 : 0);
  }

  #drop(lane: Lane, index: number): void {
    lane.letters.splice(index, 1);
    this.#size -= 1;
    this.#dropped += 1;
    this.#sort(lane);
  }
}
