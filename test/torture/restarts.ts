import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchEntry } from '../../protocol/batch-service.js';
import { HealthClient } from '../../protocol/health-client.js';
import type { Inference, Panorama } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { batchOf } from '../support/batches.js';
import type { StartedServer } from '../support/started-server.js';
import { startServer } from '../support/started-server.js';
import { JournalModel } from './journal-model.js';
import { randomFrom } from './random.js';

/** Some observe each other, so that the word of one weighs what is thought of it. */
const NAMES = Array.from({ length: 25 }, (_, index) => `s${index}`);
const OBSERVERS = 12;
const STATUSES = [
  Status.NA,
  Status.HEALTHY,
  Status.PENDING,
  Status.MAYBE_UNHEALTHY,
  Status.UNHEALTHY,
  Status.DEAD,
];
const SENDERS = 3;

/** What came back after all restarts. */
export interface RestartOutcome {
  readonly reports: number;
  readonly registrations: number;
  readonly slowestStartMs: number;
}

interface State {
  readonly panoramas: ReadonlyMap<string, Panorama>;
  readonly inferences: ReadonlyMap<string, Inference>;
  readonly watched: readonly string[];
}

/**
 * Kills an aggregator so many times while it takes in batches, single reports, registrations, and changes of
 * the watch list. After each restart it has to know what one would that was never killed, and all that was
 * acknowledged has to be there, once. Every third time nothing is under way: then all is as before, to the letter.
 */
export async function playRestarts(rounds: number, seed: number): Promise<RestartOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'hview-restarts-'));
  const play = new Play(join(folder, 'hview.db'), randomFrom(seed));
  try {
    await play.start();
    for (let round = 0; round < rounds; round += 1) {
      await (round % 3 === 2 ? play.killAtRest() : play.killUnderLoad());
    }
    return play.outcome();
  } finally {
    await play.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Play {
  readonly #file: string;
  readonly #random: () => number;
  readonly #model: JournalModel;
  /** Ids that were acknowledged. */
  readonly #acknowledged = new Set<string>();
  readonly #handles = new Map<string, number>();
  /** Subjects nobody reports on: whether they are watched, as far as that was acknowledged. */
  readonly #watched = new Map<string, boolean>();
  /** Of these, one whose last change was not acknowledged. */
  #inDoubt: string | null = null;
  #server: StartedServer | null = null;
  #client = new HealthClient({ target: 'localhost:1' });
  #sent = 0;
  #isSending = false;
  #slowestStartMs = 0;

  constructor(file: string, random: () => number) {
    this.#file = file;
    this.#random = random;
    this.#model = new JournalModel(file);
  }

  async start(): Promise<void> {
    const startMs = systemClock.monotonic();
    this.#server = await startServer(['-addr', '127.0.0.1:0', '-dbfile', this.#file, 'pano0']);
    this.#client = new HealthClient({ target: this.#server.address, deadlineMs: 20_000 });
    await this.#client.getObservedSubjects();
    this.#slowestStartMs = Math.max(this.#slowestStartMs, systemClock.monotonic() - startMs);
  }

  async killUnderLoad(): Promise<void> {
    this.#isSending = true;
    const senders = [
      ...Array.from({ length: SENDERS }, () => this.#sendBatches()),
      this.#sendSingles(),
      this.#watchAndForget(),
    ];
    await sleep(systemClock, 50 + this.#random() * 500);
    await this.#kill();
    this.#isSending = false;
    const unacknowledged = (await Promise.all(senders)).flat();
    await this.start();
    await this.#check();
    // Whoever got no answer sends again, and nothing is there twice.
    if (unacknowledged.length > 0) {
      const { accepted, duplicates } = await this.#client.submitBatch(batchOf(...unacknowledged));
      assert.equal(accepted + duplicates, unacknowledged.length);
      for (const { id } of unacknowledged) this.#acknowledged.add(id);
    }
    await this.#check();
  }

  async killAtRest(): Promise<void> {
    const before = await this.#state();
    await this.#kill();
    await this.start();
    assert.deepStrictEqual(await this.#state(), before);
  }

  async #check(): Promise<void> {
    this.#model.readOn();
    const lost = [...this.#acknowledged].filter((id) => !this.#model.ids.has(id));
    assert.deepStrictEqual(lost, [], 'acknowledged and not in the journal');
    const { panoramas, inferences, watched } = await this.#state();
    assert.deepStrictEqual(sorted(panoramas), sorted(this.#model.panoramas()), 'the panoramas differ');
    assert.deepStrictEqual(sorted(inferences), sorted(this.#model.inferences()), 'the inferences differ');
    const there = new Set(watched);
    // Either is right; from now on it is what it is.
    if (this.#inDoubt !== null) this.#watched.set(this.#inDoubt, there.has(this.#inDoubt));
    this.#inDoubt = null;
    for (const [subject, isWatched] of this.#watched)
      assert.equal(there.has(subject), isWatched, `${subject} on the watch list`);
    for (const observer of this.#handles.keys())
      assert.ok(there.has(observer), `${observer} on the watch list`);
    for (const [observer, handle] of [...this.#handles].slice(-3)) {
      assert.equal(await this.#client.register({ module: 'torture', observer }), handle);
    }
  }

  async #state(): Promise<State> {
    const watched = [...(await this.#client.getObservedSubjects()).keys()].sort();
    return {
      panoramas: await this.#client.dumpPanorama(),
      inferences: await this.#client.dumpInference(),
      watched,
    };
  }

  /** Resolves to the batch that was not acknowledged. */
  async #sendBatches(): Promise<BatchEntry[]> {
    while (this.#isSending) {
      const entries = Array.from({ length: 1 + this.#below(150) }, () => this.#entry());
      try {
        await this.#client.submitBatch(batchOf(...entries));
        for (const { id } of entries) this.#acknowledged.add(id);
      } catch {
        return entries;
      }
      await sleep(systemClock, this.#below(8));
    }
    return [];
  }

  async #sendSingles(): Promise<BatchEntry[]> {
    try {
      while (this.#isSending) {
        const observer = `observer-${this.#handles.size}`;
        this.#handles.set(observer, await this.#client.register({ module: 'torture', observer }));
        for (const [known, handle] of [...this.#handles].slice(-5)) {
          const { report } = this.#entry();
          await this.#client.submitReport(handle, { ...report, observer: known });
        }
        await sleep(systemClock, this.#below(30));
      }
    } catch {
      // Killed; what was not acknowledged may or may not be there.
    }
    return [];
  }

  async #watchAndForget(): Promise<BatchEntry[]> {
    try {
      while (this.#isSending) {
        const subject = `watched-${this.#below(20)}`;
        const isWatched = this.#watched.get(subject) === true;
        this.#inDoubt = subject;
        await (isWatched ? this.#client.stopObserving(subject) : this.#client.observe(subject));
        this.#watched.set(subject, !isWatched);
        this.#inDoubt = null;
        if (this.#random() < 0.2) await this.#client.stopObserving(this.#name());
        await sleep(systemClock, this.#below(30));
      }
    } catch {
      // As above.
    }
    return [];
  }

  #entry(): BatchEntry {
    this.#sent += 1;
    const metrics = Array.from({ length: 1 + this.#below(2) }, () => ({
      name: `m${this.#below(4)}`,
      status: STATUSES[this.#below(STATUSES.length)] ?? Status.NA,
      score: this.#below(101),
    }));
    // Some come late.
    const seconds = 1_700_000_000 + this.#sent - (this.#random() < 0.1 ? this.#below(2000) : 0);
    const unique = new Map(metrics.map((metric) => [metric.name, metric]));
    return {
      id: `id-${this.#sent}`,
      report: {
        observer: NAMES[this.#below(OBSERVERS)] ?? '',
        subject: this.#name(),
        observation: { time: { seconds, nanos: 0 }, metrics: [...unique.values()] },
      },
      provenance: null,
    };
  }

  #name(): string {
    return NAMES[this.#below(NAMES.length)] ?? '';
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  async #kill(): Promise<void> {
    this.#server?.command.kill('SIGKILL');
    await this.#server?.command.exited;
    this.#server = null;
    this.#client.close();
  }

  outcome(): RestartOutcome {
    return {
      reports: this.#model.ids.size,
      registrations: this.#handles.size,
      slowestStartMs: Math.round(this.#slowestStartMs),
    };
  }

  end(): Promise<void> {
    return this.#kill();
  }
}

/** By name; the metrics of an observation are a map on the wire. */
function sorted<Value>(of: ReadonlyMap<string, Value>): unknown {
  const plain = (value: unknown): unknown => {
    if (value instanceof Map)
      return new Map([...(value as Map<string, unknown>)].map(([key, one]) => [key, plain(one)]));
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [
        key,
        key === 'metrics' ? byName(one as { name: string }[]) : plain(one),
      ]),
    );
  };
  return [...of].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, plain(value)]);
}

function byName(metrics: readonly { readonly name: string }[]): unknown {
  return [...metrics].sort((a, b) => (a.name < b.name ? -1 : 1));
}
