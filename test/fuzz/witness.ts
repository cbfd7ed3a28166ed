import Database from 'libsql';
import { HealthClient } from '../../protocol/health-client.js';
import { Status } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';

const OBSERVER = 'witness@1';
const SUBJECTS = 50;
const BATCH = 10;

/** What the journal holds of what the witness said. */
export interface Testimony {
  /** Acknowledged observations. */
  readonly said: number;
  readonly missing: number;
  readonly twice: number;
  readonly changed: number;
}

/** Somebody who reports truthfully, among all the others, and remembers what was acknowledged. */
export class Witness {
  readonly #client: HealthClient;
  readonly #said = new Map<string, number>();
  #count = 0;
  #retries = 0;

  constructor(target: string) {
    this.#client = new HealthClient({ target, deadlineMs: 20_000 });
  }

  /** How often something had to be said again. */
  get retries(): number {
    return this.#retries;
  }

  get said(): number {
    return this.#said.size;
  }

  /** Ten observations, until they are acknowledged. Rejects when that cannot be had. */
  async speak(): Promise<void> {
    const first = this.#count;
    this.#count += BATCH;
    const entries = Array.from({ length: BATCH }, (_, place) => {
      const number = first + place;
      return {
        id: `witness-${number}`,
        report: {
          observer: OBSERVER,
          subject: `truth@${number % SUBJECTS}`,
          observation: {
            time: { seconds: 1_600_000_000 + number, nanos: 0 },
            metrics: [{ name: 'Truth', status: Status.UNHEALTHY, score: number % 100 }],
          },
        },
        provenance: null,
      };
    });
    const batch = { agent: OBSERVER, module: 'witness', entries };
    const { refused } = await this.#patiently(() => this.#client.submitBatch(batch));
    if (refused.length > 0) throw new Error(`refused: ${refused[0]?.reason ?? ''}`);
    for (const { id, report } of entries) this.#said.set(id, report.observation.metrics[0]?.score ?? 0);
  }

  /** That questions are answered, and rightly. */
  async ask(): Promise<void> {
    const newest = this.#count - 1;
    const report = await this.#patiently(() => this.#client.getLatestReport(`truth@${newest % SUBJECTS}`));
    if (report.observation.time.seconds !== 1_600_000_000 + newest)
      throw new Error(`the latest report is of ${report.observation.time.seconds}`);
  }

  /** Again and again, for a server that has too much to do. */
  async #patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask();
      } catch (error) {
        if (attempt >= 30 || !(error instanceof HviewError)) throw error;
        this.#retries += 1;
        await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
      }
    }
  }

  /** A handle that others misuse. */
  register(): Promise<number> {
    return this.#client.register({ module: 'fuzz', observer: 'peer@1' });
  }

  close(): void {
    this.#client.close();
  }

  /** Compares a journal that nobody writes any more with what was said; and what SQLite itself says of it. */
  compare(databaseFile: string): {
    readonly integrity: string;
    readonly testimony: Testimony;
    readonly reports: number;
  } {
    const database = new Database(databaseFile, { readonly: true });
    try {
      const [check] = database.prepare('PRAGMA integrity_check').raw().all() as [string][];
      const rows = database
        .prepare('SELECT observation_id, metrics FROM reports WHERE observer = ?')
        .raw()
        .all(OBSERVER) as [string, string][];
      const [all] = database.prepare('SELECT count(*) FROM reports').raw().all() as [number][];
      const times = new Map<string, number>();
      let changed = 0;
      for (const [id, metrics] of rows) {
        times.set(id, (times.get(id) ?? 0) + 1);
        if (metrics !== JSON.stringify([['Truth', Status.UNHEALTHY, this.#said.get(id)]])) changed += 1;
      }
      const missing = [...this.#said.keys()].filter((id) => !times.has(id)).length;
      const twice = [...times.values()].filter((count) => count > 1).length;
      return {
        integrity: check?.[0] ?? 'no answer',
        testimony: { said: this.#said.size, missing, twice, changed },
        reports: all?.[0] ?? 0,
      };
    } finally {
      database.close();
    }
  }
}
