import type { Clock } from '../runtime/clock.js';
import type { Health } from '../runtime/health-routes.js';
import { Progress } from '../runtime/progress.js';
import type { AgentCondition } from './agent-condition.js';
import type { SourceWork } from './sources/source-logs.js';
import type { SpoolCondition } from './spool/spool-entry.js';

export interface AgentHealthOptions {
  readonly condition: () => Promise<AgentCondition>;
  readonly clock: Clock;
}

/** To be looked at so often, milliseconds: what is stuck is told from what has just come by two looks. */
export const HEALTH_LOOK_MS = 10_000;

/** Work of which nothing was done for so long is stuck, milliseconds: longer than any disk or network takes. */
const STUCK_MS = 5 * 60_000;

/** Looks that are this far apart tell that the process was stopped meanwhile, milliseconds. */
const STOPPED_MS = 60_000;

/** A log that was there may be gone for so long, milliseconds: a rotation is over by then. */
const GONE_MS = 60_000;

/** Likewise one that cannot be read. */
const UNREADABLE_MS = 60_000;

/** An aggregator that is started again is back by then, milliseconds. */
const AWAY_MS = 30_000;

/** For so long it counts that observations were dropped, milliseconds. */
const DROPPED_MS = 5 * 60_000;

/** Whether an agent is well. What it says is for everybody: it names sources, and no path. */
export class AgentHealth implements Health {
  readonly #options: AgentHealthOptions;
  readonly #delivery: Progress;
  /** Key: source and path; the source alone for the look for its logs. */
  #work = new Map<string, Progress>();
  /** When a log of the source was there; never: not in here. */
  readonly #thereAtMs = new Map<string, number>();
  #dropped = 0;
  #droppedAtMs = -Infinity;
  #looking: Promise<AgentCondition> | null = null;

  constructor(options: AgentHealthOptions) {
    this.#options = options;
    this.#delivery = new Progress(options.clock, STOPPED_MS);
  }

  /** What only a new start can help against, or null: what reads, looks for logs or delivers is stuck. */
  async failure(): Promise<string | null> {
    return told(this.#failures(await this.look()));
  }

  /** Why what the logs say does not arrive, or may be lost; or null. */
  async obstacle(): Promise<string | null> {
    const condition = await this.look();
    return told([...this.#obstacles(condition), ...this.#failures(condition)]);
  }

  /** To be called every `HEALTH_LOOK_MS`. */
  look(): Promise<AgentCondition> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<AgentCondition> {
    const { condition, clock } = this.#options;
    const now = await condition();
    const { sources, spool, delivery } = now;
    // What waits for room in the spool cannot be helped by a new start.
    const isHeldUp = spool !== null && (spool.isFull || spool.isRefused);
    const work = new Map<string, Progress>();
    const note = (key: string, seen: { readonly done: number; readonly hasWork: boolean }): void => {
      const progress = this.#work.get(key) ?? new Progress(clock, STOPPED_MS);
      progress.look(seen);
      work.set(key, progress);
    };
    for (const { name, logs, looks } of sources) {
      for (const { path, done, hasWork } of logs)
        note(keyOf(name, path), { done, hasWork: hasWork && !isHeldUp });
      note(name, { done: looks ?? 0, hasWork: looks !== null });
      if (isThere(sources, name)) this.#thereAtMs.set(name, clock.monotonic());
    }
    this.#work = work;
    this.#delivery.look({
      done: delivery?.done ?? 0,
      hasWork: delivery !== null && (spool?.waiting ?? 0) > 0,
    });
    if ((spool?.dropped ?? 0) > this.#dropped) this.#droppedAtMs = clock.monotonic();
    this.#dropped = spool?.dropped ?? 0;
    return now;
  }

  #failures({ sources, spool }: AgentCondition): string[] {
    const found: string[] = [];
    const isStuck = (key: string): boolean => (this.#work.get(key)?.stuckMs ?? 0) >= STUCK_MS;
    for (const { name, logs } of sources) {
      const stuck = logs.filter(({ path }) => isStuck(keyOf(name, path)));
      if (stuck.length > 0) found.push(`${logCount(stuck.length)} of ${name} got no further for 5 minutes`);
      if (isStuck(name)) found.push(`nobody has looked for logs of ${name} for 5 minutes`);
    }
    if (this.#delivery.stuckMs >= STUCK_MS) {
      found.push(`nothing was sent for 5 minutes; ${spool?.waiting ?? 0} observations wait`);
    }
    return found;
  }

  #obstacles({ sources, holdsLock, isStateWritable, spool, delivery }: AgentCondition): string[] {
    const { clock } = this.#options;
    const found: string[] = [];
    const missing = sources.filter(
      ({ name }) => clock.monotonic() - (this.#thereAtMs.get(name) ?? -Infinity) >= GONE_MS,
    );
    if (missing.length > 0) found.push(`no log is open of ${missing.map(({ name }) => name).join(', ')}`);
    for (const { name, logs } of sources) {
      const unreadable = logs.filter(({ troubleMs }) => troubleMs >= UNREADABLE_MS).length;
      if (unreadable > 0) found.push(`${logCount(unreadable)} of ${name} cannot be read`);
    }
    if (!holdsLock) found.push('the lock of the state folder is gone, or cannot be renewed');
    if (!isStateWritable) found.push('the state folder cannot be written');
    if (spool !== null) found.push(...this.#obstaclesOf(spool));
    const awaySinceMs = delivery?.awaySinceMs ?? null;
    const awayMs = awaySinceMs === null ? 0 : clock.now() - awaySinceMs;
    if (awayMs >= AWAY_MS) found.push(`the aggregator has not answered for ${Math.round(awayMs / 1000)} s`);
    return found;
  }

  #obstaclesOf({ isRefused, isFull, notDurable, dropped }: SpoolCondition): string[] {
    const found: string[] = [];
    if (isRefused) found.push(`the spool cannot be written; ${notDurable} observations are in memory alone`);
    if (isFull) found.push('the spool is full; reading waits');
    const isRecent = this.#options.clock.monotonic() - this.#droppedAtMs < DROPPED_MS;
    if (isRecent) found.push(`the spool is full; ${dropped} observations were dropped`);
    return found;
  }
}

function isThere(sources: readonly SourceWork[], name: string): boolean {
  return sources.some(
    (source) => source.name === name && (source.quietLogs > 0 || source.logs.some((log) => log.isThere)),
  );
}

function keyOf(source: string, path: string): string {
  return `${source}\n${path}`;
}

function logCount(count: number): string {
  return count === 1 ? '1 log' : `${count} logs`;
}

function told(problems: readonly string[]): string | null {
  return problems.length === 0 ? null : problems.join('; ');
}
