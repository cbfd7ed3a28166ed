import type { ServerResponse } from 'node:http';
import type { Clock } from '../../runtime/clock.js';
import type { HttpRoute } from '../../runtime/http-server.js';

/** What health is judged by. */
export interface HealthSources {
  /** It takes reports: it has started, and does not stop. */
  readonly isServing: () => boolean;
  /** Of the journal, since the start; see PersistenceCounts. */
  readonly journal: () => { readonly written: number; readonly failures: number; readonly waiting: number };
  readonly clock: Clock;
}

/** A journal that has this long not written what waits is stuck, milliseconds. */
const STUCK_MS = 60_000;

/** For so long a refusal of the journal counts: without any reports nobody would notice that it is over. */
const REFUSAL_MS = 10_000;

/**
 * `/healthz` fails when only a new start can help: the journal does not move any more. `/readyz` fails
 * when no reports can be taken just now: before and after serving, and while the journal refuses them.
 * Both answer in words, and are open to all, as they say nothing of what is kept.
 */
export function healthRoutes({ isServing, journal, clock }: HealthSources): readonly HttpRoute[] {
  let seen = journal();
  let movedMs = clock.monotonic();
  let refusedMs = -Infinity;
  /** Looks at what has happened to the journal since the last question; what is wrong, or null. */
  const look = (): { readonly stuck: string | null; readonly refusing: string | null } => {
    const nowMs = clock.monotonic();
    const now = journal();
    if (now.failures > seen.failures) refusedMs = nowMs;
    else if (now.written > seen.written) refusedMs = -Infinity;
    if (now.waiting === 0 || now.written > seen.written || now.failures > seen.failures) movedMs = nowMs;
    seen = now;
    const isStuck = nowMs - movedMs >= STUCK_MS;
    return {
      stuck: isStuck ? `the journal has not moved for a minute; ${now.waiting} reports wait for it` : null,
      refusing: nowMs - refusedMs < REFUSAL_MS ? 'the journal cannot be written' : null,
    };
  };
  return [
    {
      method: 'GET',
      path: '/healthz',
      access: 'open',
      handle: (_, response) => answer(response, look().stuck),
    },
    {
      method: 'GET',
      path: '/readyz',
      access: 'open',
      handle: (_, response) => {
        const { stuck, refusing } = look();
        answer(response, isServing() ? (refusing ?? stuck) : 'the aggregator takes no reports now');
      },
    },
  ];
}

function answer(response: ServerResponse, problem: string | null): void {
  response.statusCode = problem === null ? 200 : 503;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(`${problem ?? 'ok'}\n`);
}
