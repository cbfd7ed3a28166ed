import Database from 'libsql';
import type { Inference, Metric, Panorama } from '../../protocol/model.js';
import { ALGORITHMS, DEFAULT_ALGORITHM } from '../../server/inference/algorithms.js';
import { Inferences } from '../../server/inference/inferences.js';
import { ReportStore } from '../../server/store/report-store.js';

type ReportRow = readonly [
  id: number,
  observer: string,
  subject: string,
  seconds: number,
  nanos: number,
  metrics: string,
  observationId: string | null,
];

/**
 * What an aggregator has to know that took every report of a journal in its order, and was never
 * restarted: the oracle for one that was.
 */
export class JournalModel {
  readonly #file: string;
  readonly #store = new ReportStore();
  readonly #forgotten = new Map<string, number>();
  readonly #seen = new Map<string, Set<string>>();
  readonly #ids = new Set<string>();
  #last = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Every id in the journal. Throws when one is there twice. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** Takes in what is new in the journal; reports up to the one after which a subject was forgotten do not count. */
  readOn(): void {
    const database = new Database(this.#file);
    database.pragma('busy_timeout = 5000');
    const forgotten = database.prepare('SELECT subject, report_id FROM forgotten_subjects').raw(true).all();
    const rows = database
      .prepare(
        'SELECT id, observer, subject, seconds, nanos, metrics, observation_id FROM reports WHERE id > ? ORDER BY id',
      )
      .raw(true)
      .all(this.#last);
    database.close();
    for (const [subject, id] of forgotten as [string, number][]) {
      if (this.#forgotten.get(subject) === id) continue;
      this.#forgotten.set(subject, id);
      // What it said before is gone whatever came since.
      if (id >= this.#last) this.#store.unwatch(subject);
    }
    for (const row of rows as ReportRow[]) this.#take(row);
  }

  panoramas(): ReadonlyMap<string, Panorama> {
    const panoramas = new Map<string, Panorama>();
    for (const subject of this.#store.subjects()) {
      const panorama = this.#store.panorama(subject);
      if (panorama !== undefined) panoramas.set(subject, panorama);
    }
    return panoramas;
  }

  /** Scores as the wire has them. */
  inferences(): ReadonlyMap<string, Inference> {
    const inferences = new Inferences({
      algorithm: ALGORITHMS[DEFAULT_ALGORITHM],
      panorama: (subject) => this.#store.panorama(subject),
      onChange: () => undefined,
      onEnd: () => undefined,
    });
    for (const [subject, observers] of this.#seen)
      for (const observer of observers) inferences.mark(subject, observer);
    return new Map(
      Array.from(inferences.all(), ([subject, inference]) => {
        const { time, metrics } = inference.observation;
        const rounded = metrics.map((metric) => ({ ...metric, score: Math.fround(metric.score) }));
        return [subject, { ...inference, observation: { time, metrics: rounded } }];
      }),
    );
  }

  #take([id, observer, subject, seconds, nanos, metrics, observationId]: ReportRow): void {
    this.#last = id;
    if (observationId !== null && this.#ids.has(observationId)) throw new Error(`twice: ${observationId}`);
    if (observationId !== null) this.#ids.add(observationId);
    if (id <= (this.#forgotten.get(subject) ?? 0)) return;
    const observers = this.#seen.get(subject) ?? new Set();
    this.#seen.set(subject, observers.add(observer));
    const rows = JSON.parse(metrics) as [string, Metric['status'], number][];
    const read = rows.map(([name, status, score]) => ({ name, status, score }));
    this.#store.add({ observer, subject, observation: { time: { seconds, nanos }, metrics: read } });
  }
}
