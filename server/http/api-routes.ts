import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AggregatorJson, HistoryJson, VerdictsJson } from '../../protocol/json-api.js';
import type { Panorama, Peer, StatusName } from '../../protocol/model.js';
import { statusFromName, statusName } from '../../protocol/model.js';
import type { Verdicts } from '../../protocol/verdict.js';
import type { Clock } from '../../runtime/clock.js';
import type { HttpRoute } from '../../runtime/http-server.js';
import { packageFile, packageVersion } from '../../runtime/package-root.js';
import { Representation, sendError } from './json-answer.js';
import { matrixOf } from './matrix.js';
import { SharedAnswer } from './shared-answer.js';
import { changeJson, summaryJson, verdictJson } from './verdict-json.js';
import { WatchRoute } from './watch-route.js';

/** What the API tells of; nothing of it is changed. */
export interface ApiSources {
  readonly self: Peer;
  readonly peers: readonly Peer[];
  readonly verdicts: Verdicts;
  readonly panoramas: () => Iterable<Panorama>;
  readonly clock: Clock;
  /** How often a watcher hears a beat, milliseconds; default 5000. */
  readonly beatMs?: number;
  /** Watchers at one time; default 200. */
  readonly maxWatchers?: number;
}

export interface Api {
  readonly routes: readonly HttpRoute[];
  /** Ends what never ends by itself: the streams of those who watch. */
  readonly close: () => void;
}

/** How long an answer serves all who ask, milliseconds; a changed verdict ends it at once. */
const MOMENT_MS = 250;

/** Changes in one answer, when nothing is said and at most. */
const HISTORY_LIMIT = { default: 100, max: 1000 } as const;

/** The JSON API below /api/v1, as server/http/openapi.json describes it. */
export function apiRoutes(sources: ApiSources): Api {
  const { self, peers, verdicts, clock } = sources;
  const version = packageVersion();
  const sequence = (): number => verdicts.sequence();
  const description = new Representation(readFileSync(packageFile('server', 'http', 'openapi.json'), 'utf8'));
  const list = new SharedAnswer(
    () => ({ verdicts: verdicts.list().map(summaryJson) }) satisfies VerdictsJson,
    clock,
    MOMENT_MS,
  );
  const matrix = new SharedAnswer(() => matrixOf(sources.panoramas()), clock, MOMENT_MS);
  const invalidation = verdicts.watch(() => {
    list.forget();
    matrix.forget();
  });
  const watch = new WatchRoute({
    verdicts,
    clock,
    sequence,
    beatMs: sources.beatMs ?? 5000,
    maxWatchers: sources.maxWatchers ?? 200,
  });
  const get = (path: string, handle: HttpRoute['handle']): HttpRoute => ({
    method: 'GET',
    path: `/api/v1/${path}`,
    access: 'query',
    handle,
  });

  const routes = [
    get('aggregator', (request, response) => {
      const subjects: Partial<Record<StatusName, number>> = {};
      for (const { status } of verdicts.list()) {
        const name = statusName(status);
        subjects[name] = (subjects[name] ?? 0) + 1;
      }
      const timeMs = clock.now();
      const answer: AggregatorJson = {
        id: self.id,
        address: self.address,
        version,
        timeMs,
        sequence: sequence(),
        peers,
        subjects,
      };
      return new Representation(JSON.stringify(answer)).send(request, response);
    }),
    get('verdicts', (request, response, url) => {
      const asked = url.searchParams.get('status');
      if (asked === null) return sendShared(list, request, response);
      const names = asked.split(',');
      const unknown = names.find((name) => statusFromName(name) === undefined);
      if (unknown !== undefined) {
        badParameter(response, `status: ${JSON.stringify(unknown)} is no status`);
        return undefined;
      }
      const statuses = new Set(names.map((name) => statusFromName(name)));
      const chosen = verdicts.list().filter(({ status }) => statuses.has(status));
      const answer: VerdictsJson = { verdicts: chosen.map(summaryJson) };
      return new Representation(JSON.stringify(answer)).send(request, response);
    }),
    get('verdict', (request, response, url) => {
      const subject = url.searchParams.get('subject');
      if (subject === null || subject === '') {
        badParameter(response, 'subject: not given');
        return undefined;
      }
      const verdict = verdicts.explain(subject);
      if (verdict !== undefined) {
        return new Representation(JSON.stringify(verdictJson(verdict))).send(request, response);
      }
      sendError(response, 404, {
        code: 'NOT_FOUND',
        message: `nothing was ever said of ${JSON.stringify(subject.slice(0, 256))}`,
      });
      return undefined;
    }),
    get('matrix', (request, response) => sendShared(matrix, request, response)),
    get('history', (request, response, url) => {
      const subject = url.searchParams.get('subject');
      const sinceMs = readWhole(url.searchParams.get('sinceMs'));
      const limit = readWhole(url.searchParams.get('limit')) ?? HISTORY_LIMIT.default;
      if (Number.isNaN(sinceMs)) badParameter(response, 'sinceMs: not a whole number of milliseconds');
      else if (!(limit >= 1 && limit <= HISTORY_LIMIT.max)) {
        badParameter(response, `limit: not a whole number from 1 to ${HISTORY_LIMIT.max}`);
      } else {
        const changes = verdicts.history({
          limit,
          ...(subject === null ? {} : { subject }),
          ...(sinceMs === undefined ? {} : { sinceMs }),
        });
        const answer: HistoryJson = { changes: changes.map(changeJson) };
        return new Representation(JSON.stringify(answer)).send(request, response);
      }
      return undefined;
    }),
    watch,
    { ...get('openapi.json', (request, response) => description.send(request, response)) },
  ];
  return {
    routes,
    close() {
      invalidation?.close();
      watch.close();
    },
  };
}

async function sendShared(
  answer: SharedAnswer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await (await answer.get()).send(request, response);
}

function badParameter(response: ServerResponse, message: string): void {
  sendError(response, 400, { code: 'REQUEST_INVALID', message });
}

/** Undefined when absent, NaN when it is none. */
function readWhole(text: string | null): number | undefined {
  if (text === null) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}
