import type { Report } from '../../protocol/model.js';

export interface HoldOptions {
  /** How long a report is held; milliseconds. */
  readonly timeMs: number;
  /** How many are held for one subject, the oldest giving way; 0 holds none. */
  readonly listLength: number;
}

interface Held {
  readonly report: Report;
  readonly untilMs: number;
}

/** Subjects held at most: beyond it the one held longest is forgotten, so that no peer can fill memory. */
const MAX_SUBJECTS = 10_000;

/** Reports of peers on subjects that nobody here watches, in case someone soon does. */
export class HoldBuffer {
  readonly #bySubject = new Map<string, Held[]>();

  constructor(private options: HoldOptions) {}

  /** For what comes from now on. */
  reconfigure(options: HoldOptions): void {
    this.options = options;
  }

  hold(report: Report, nowMs: number): void {
    const { timeMs, listLength } = this.options;
    if (listLength <= 0) return;
    const list = this.#alive(report.subject, nowMs);
    list.push({ report, untilMs: nowMs + timeMs });
    this.#bySubject.delete(report.subject);
    this.#bySubject.set(report.subject, list.slice(-listLength));
    if (this.#bySubject.size > MAX_SUBJECTS) {
      for (const oldest of this.#bySubject.keys()) {
        this.#bySubject.delete(oldest);
        break;
      }
    }
  }

  /** Hands out what is held on the subject, in order of arrival, and holds it no longer. */
  release(subject: string, nowMs: number): Report[] {
    const held = this.#alive(subject, nowMs);
    this.#bySubject.delete(subject);
    return held.map(({ report }) => report);
  }

  /** Forgets what was held long enough. */
  sweep(nowMs: number): void {
    for (const subject of this.#bySubject.keys()) {
      const alive = this.#alive(subject, nowMs);
      if (alive.length === 0) this.#bySubject.delete(subject);
      else this.#bySubject.set(subject, alive);
    }
  }

  get subjects(): number {
    return this.#bySubject.size;
  }

  get reports(): number {
    let reports = 0;
    for (const held of this.#bySubject.values()) reports += held.length;
    return reports;
  }

  #alive(subject: string, nowMs: number): Held[] {
    return (this.#bySubject.get(subject) ?? []).filter(({ untilMs }) => untilMs > nowMs);
  }
}
