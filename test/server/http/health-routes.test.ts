import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AggregatorHealth } from '../../../server/health.js';
import { healthRoutes } from '../../../runtime/health-routes.js';
import { FakeClock } from '../../support/fake-clock.js';

/** The routes over a journal that a test moves; `ask` gives status and body. */
function rig() {
  const clock = new FakeClock();
  const journal = { written: 0, failures: 0, waiting: 0 };
  const state = { isServing: true, shortage: null as string | null };
  const routes = healthRoutes(
    new AggregatorHealth({
      isServing: () => state.isServing,
      journal: () => ({ ...journal }),
      shortage: () => state.shortage,
      clock,
    }),
  );
  const ask = async (path: string): Promise<string> => {
    let said = '';
    const response = {
      statusCode: 0,
      setHeader: () => undefined,
      end: (body: string) => (said = body),
    };
    const route = routes.find((candidate) => candidate.path === path);
    await route?.handle(
      undefined as unknown as IncomingMessage,
      response as unknown as ServerResponse,
      new URL('http://x/'),
    );
    return `${response.statusCode} ${said.trim()}`;
  };
  return { clock, journal, state, routes, ask };
}

const WELL = '200 ok';

describe('an aggregator that is asked for its health', () => {
  it('says so to everybody', () => {
    expect(rig().routes.map(({ path, access }) => `${path} ${access}`)).toEqual([
      '/healthz open',
      '/readyz open',
    ]);
  });

  it('is well while nothing is reported, however long', async () => {
    const { clock, ask } = rig();
    clock.advance(3_600_000);
    expect([await ask('/healthz'), await ask('/readyz')]).toEqual([WELL, WELL]);
  });

  it('is well but not ready while it starts and stops', async () => {
    const { state, ask } = rig();
    state.isServing = false;
    expect(await ask('/readyz')).toBe('503 the aggregator takes no reports now');
    expect(await ask('/healthz')).toBe(WELL);
  });

  it('is well but not ready while memory is short', async () => {
    const { state, ask } = rig();
    state.shortage = 'memory is short';
    expect([await ask('/readyz'), await ask('/healthz')]).toEqual(['503 memory is short', WELL]);
    state.shortage = null;
    expect(await ask('/readyz')).toBe(WELL);
  });

  it('is not ready for ten seconds after the journal refused something, or until it writes again', async () => {
    const { clock, journal, ask } = rig();
    journal.failures = 1;
    expect(await ask('/readyz')).toBe('503 the journal cannot be written');
    expect(await ask('/healthz')).toBe(WELL);
    clock.advance(9_999);
    expect(await ask('/readyz')).toBe('503 the journal cannot be written');
    clock.advance(1);
    expect(await ask('/readyz')).toBe(WELL);
    journal.failures = 2;
    expect(await ask('/readyz')).toBe('503 the journal cannot be written');
    journal.written = 1;
    expect(await ask('/readyz')).toBe(WELL);
  });

  it('is not well when reports have waited for a minute and the journal has not moved', async () => {
    const { clock, journal, ask } = rig();
    journal.waiting = 3;
    expect(await ask('/healthz')).toBe(WELL);
    clock.advance(59_999);
    expect(await ask('/healthz')).toBe(WELL);
    clock.advance(1);
    const stuck = '503 the journal has not moved for a minute; 3 reports wait for it';
    expect([await ask('/healthz'), await ask('/readyz')]).toEqual([stuck, stuck]);
    journal.written = 1;
    expect(await ask('/healthz')).toBe(WELL);
  });
});
