import type { Panorama, Status } from '../../protocol/model.js';
import { Status as Statuses, timestampFromMillis } from '../../protocol/model.js';
import type { Evidence, Verdict, VerdictChange, Verdicts } from '../../protocol/verdict.js';

/** What one observer says of one metric. */
export interface Saying {
  readonly observer: string;
  readonly status: Status;
  readonly metric?: string;
  readonly timeMs?: number;
  readonly evidence?: Evidence | null;
}

/** Verdicts that a test sets itself: the worst that is said of a subject. */
export class FakeVerdicts implements Verdicts {
  readonly #verdicts = new Map<string, Verdict>();
  readonly #changes: VerdictChange[] = [];
  readonly #listeners = new Set<(change: VerdictChange) => void>();
  /** Changes up to this sequence are no longer kept. */
  forgottenUpTo = 0;

  /** All that is said of a subject from now on. */
  say(subject: string, sayings: readonly Saying[], timeMs = 1_700_000_000_000): void {
    const before = this.#verdicts.get(subject);
    const status = worst(sayings.map((saying) => saying.status));
    const names = [...new Set(sayings.map(({ metric = 'link' }) => metric))];
    const sinceMs = before?.status === status ? before.sinceMs : timeMs;
    const metrics = names.filter((name) =>
      sayings.some((saying) => (saying.metric ?? 'link') === name && saying.status === status),
    );
    const observers = [...new Set(sayings.map(({ observer }) => observer))];
    const summary = { subject, status, score: scoreOf(status), sinceMs, timeMs, metrics, observers };
    this.#verdicts.set(subject, {
      ...summary,
      algorithm: 'fake',
      verdicts: names.map((name) => {
        const said = sayings.filter(({ metric = 'link' }) => metric === name);
        const metricStatus = worst(said.map((saying) => saying.status));
        return {
          name,
          status: metricStatus,
          score: scoreOf(metricStatus),
          sinceMs,
          votes: said.map((saying) => ({
            observer: saying.observer,
            status: saying.status,
            score: scoreOf(saying.status),
            timeMs: saying.timeMs ?? timeMs,
            weight: 0.8,
            evidence: saying.evidence ?? null,
          })),
        };
      }),
    });
    const previous = before?.status ?? Statuses.NA;
    if (previous === status) return;
    const evidence = sayings.find((saying) => saying.status === status)?.evidence ?? null;
    const change: VerdictChange = {
      sequence: this.#changes.length + 1,
      subject,
      timeMs,
      before: previous,
      after: status,
      score: summary.score,
      metrics,
      observers,
      evidence,
    };
    this.#changes.push(change);
    for (const listener of [...this.#listeners]) listener(change);
  }

  /** The subject is as if nothing had ever been said of it; nobody is told. */
  forget(subject: string): void {
    this.#verdicts.delete(subject);
  }

  get watchers(): number {
    return this.#listeners.size;
  }

  list(): readonly Verdict[] {
    return [...this.#verdicts.values()].sort(
      (a, b) => b.status - a.status || (a.subject < b.subject ? -1 : 1),
    );
  }

  explain(subject: string): Verdict | undefined {
    return this.#verdicts.get(subject);
  }

  history({ subject, sinceMs = 0, limit }: Parameters<Verdicts['history']>[0]): readonly VerdictChange[] {
    return this.#changes
      .filter((change) => (subject === undefined || change.subject === subject) && change.timeMs >= sinceMs)
      .slice(-limit);
  }

  watch(onChange: (change: VerdictChange) => void, after?: number): { close(): void } | null {
    if (after !== undefined && after < this.forgottenUpTo) return null;
    if (after !== undefined) for (const change of this.#changes.slice(after)) onChange(change);
    this.#listeners.add(onChange);
    return { close: () => void this.#listeners.delete(onChange) };
  }

  sequence(): number {
    return this.#changes.length;
  }

  /** The same as the store would have it. */
  *panoramas(): Iterable<Panorama> {
    for (const { subject, verdicts } of this.#verdicts.values()) {
      const views = new Map<
        string,
        Panorama['views'] extends ReadonlyMap<string, infer View> ? View : never
      >();
      for (const { name, votes } of verdicts) {
        for (const { observer, status, score, timeMs } of votes) {
          const observation = { time: timestampFromMillis(timeMs), metrics: [{ name, status, score }] };
          const observations = [...(views.get(observer)?.observations ?? []), observation];
          views.set(observer, { observer, subject, observations });
        }
      }
      yield { subject, views };
    }
  }
}

function worst(statuses: readonly Status[]): Status {
  return statuses.reduce<Status>((a, b) => (b > a ? b : a), Statuses.NA);
}

function scoreOf(status: Status): number {
  return status <= Statuses.HEALTHY ? 100 : 100 - 14 * status;
}

export function evidence(parts: Partial<Evidence> = {}): Evidence {
  return {
    agent: 'agent@host1',
    host: 'host1',
    path: '/var/log/zookeeper.log',
    offset: 4711,
    line: '2024-01-01 00:00:00,000 [myid:2] - ERROR Unexpected exception in LearnerHandler:',
    rule: 'follower-link-failed',
    why: 'The leader can no longer read from the follower.',
    ...parts,
  };
}
