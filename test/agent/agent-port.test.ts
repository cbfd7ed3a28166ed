import { afterEach, describe, expect, it } from '@jest/globals';
import type { AgentCondition } from '../../agent/agent-condition.js';
import { startAgentPort } from '../../agent/agent-port.js';
import type { LogWork } from '../../agent/log-standing.js';
import type { SourceWork } from '../../agent/sources/source-logs.js';
import type { SpoolCondition } from '../../agent/spool/spool-entry.js';
import { silentLogger } from '../../runtime/logger.js';
import { FakeClock, settle } from '../support/fake-clock.js';

const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

const LOG: LogWork = { path: '/var/log/zk.log', done: 100, hasWork: false, isThere: true, troubleMs: 0 };
const SOURCE: SourceWork = { name: 'zk', logs: [LOG], quietLogs: 0, looks: null };
const SPOOL: SpoolCondition = { waiting: 0, notDurable: 0, isRefused: false, isFull: false, dropped: 0 };
const WELL: AgentCondition = {
  sources: [SOURCE],
  holdsLock: true,
  isStateWritable: true,
  spool: SPOOL,
  delivery: { done: 7, awaySinceMs: null },
};

const MINUTE_MS = 60_000;

/** The port of an agent whose condition a test changes. */
async function start(first: AgentCondition = WELL) {
  const clock = new FakeClock(1_000_000);
  let condition = first;
  const port = await startAgentPort({
    address: { host: '127.0.0.1', port: 0 },
    condition: () => Promise.resolve(condition),
    clock,
    logger: silentLogger,
  });
  undo.push(() => port.stop(0));
  const ask = async (path: string): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${port.address.port}${path}`);
    return `${answer.status} ${(await answer.text()).trim()}`;
  };
  return {
    clock,
    ask,
    /** From now on. */
    is: (next: Partial<AgentCondition>) => (condition = { ...WELL, ...next }),
    both: async () => [await ask('/healthz'), await ask('/readyz')],
    /** Time goes by, and the agent is looked at every ten seconds. */
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= 10_000) {
        clock.advance(Math.min(left, 10_000));
        await settle();
      }
    },
  };
}

const OK = ['200 ok', '200 ok'];

function source(log: Partial<LogWork>, more: Partial<SourceWork> = {}): SourceWork {
  return { ...SOURCE, logs: [{ ...LOG, ...log }], ...more };
}

describe('an agent that is asked for its health', () => {
  it('is well and ready while it reads and the aggregator answers, however quiet it is', async () => {
    const { both, pass } = await start();
    expect(await both()).toEqual(OK);
    await pass(20 * MINUTE_MS);
    expect(await both()).toEqual(OK);
  });

  it('tells nothing else', async () => {
    const { ask } = await start();
    expect(await ask('/')).toBe('404 not found');
  });
});

describe('an agent is not well', () => {
  it('when a log has something to read and is not read on for five minutes', async () => {
    const { is, both, ask, pass } = await start();
    is({ sources: [source({ hasWork: true })] });
    await pass(5 * MINUTE_MS);
    expect(await both()).toEqual(OK);
    await pass(MINUTE_MS);
    const stuck = '503 1 log of zk got no further for 5 minutes';
    expect(await both()).toEqual([stuck, stuck]);
    is({ sources: [source({ hasWork: true, done: 101 })] });
    expect(await ask('/healthz')).toBe('200 ok');
  });

  it('but it is when what is to be read has only just come', async () => {
    const { is, ask, pass } = await start();
    await pass(60 * MINUTE_MS);
    is({ sources: [source({ hasWork: true })] });
    expect(await ask('/healthz')).toBe('200 ok');
  });

  it('but it is when reading waits for room in the spool, which a new start does not make', async () => {
    const { is, both, pass } = await start();
    is({ sources: [source({ hasWork: true })], spool: { ...SPOOL, isFull: true } });
    await pass(10 * MINUTE_MS);
    expect(await both()).toEqual(['200 ok', '503 the spool is full; reading waits']);
  });

  it('but it is after the process was stopped for an hour, in which nothing could be done', async () => {
    const { is, ask, clock, pass } = await start();
    is({ sources: [source({ hasWork: true }, { looks: 1 })], spool: { ...SPOOL, waiting: 1 } });
    await pass(MINUTE_MS);
    clock.advance(60 * MINUTE_MS);
    expect(await ask('/healthz')).toBe('200 ok');
    await pass(6 * MINUTE_MS);
    expect(await ask('/healthz')).toContain('503 1 log of zk got no further');
  });

  it('when nobody looks for logs any more', async () => {
    const { is, ask, pass } = await start();
    is({ sources: [source({}, { looks: 1 })] });
    await pass(6 * MINUTE_MS);
    expect(await ask('/healthz')).toBe('503 nobody has looked for logs of zk for 5 minutes');
    is({ sources: [source({}, { looks: 2 })] });
    expect(await ask('/healthz')).toBe('200 ok');
  });

  it('when observations wait and it neither sends nor tries', async () => {
    const { is, ask, pass } = await start();
    is({ spool: { ...SPOOL, waiting: 3 } });
    await pass(6 * MINUTE_MS);
    expect(await ask('/healthz')).toBe('503 nothing was sent for 5 minutes; 3 observations wait');
    // A call that failed was tried.
    is({ spool: { ...SPOOL, waiting: 3 }, delivery: { done: 8, awaySinceMs: 1_000_000 } });
    expect(await ask('/healthz')).toBe('200 ok');
  });
});

describe('an agent is not ready', () => {
  it('while a log was never there', async () => {
    const { is, both } = await start();
    is({
      sources: [source({}), source({ isThere: false }, { name: 'dn' }), { ...SOURCE, name: 'nn', logs: [] }],
    });
    expect(await both()).toEqual(['200 ok', '503 no log is open of dn, nn']);
  });

  it('when a log has been gone for a minute', async () => {
    const { is, both, pass } = await start();
    expect(await both()).toEqual(OK);
    is({ sources: [source({ isThere: false })] });
    await pass(59_000);
    expect(await both()).toEqual(OK);
    await pass(1000);
    expect(await both()).toEqual(['200 ok', '503 no log is open of zk']);
  });

  it('but it is while its logs are closed because they are quiet', async () => {
    const { is, both } = await start();
    is({ sources: [{ ...SOURCE, logs: [], quietLogs: 1 }] });
    expect(await both()).toEqual(OK);
  });

  it('when a log could not be read for a minute; it does not say which', async () => {
    const { is, both } = await start();
    is({ sources: [source({ troubleMs: 59_999 })] });
    expect(await both()).toEqual(OK);
    is({ sources: [source({ troubleMs: 60_000 })] });
    expect(await both()).toEqual(['200 ok', '503 1 log of zk cannot be read']);
  });

  it('when the aggregator has not answered for half a minute', async () => {
    const { is, both, clock } = await start();
    is({ delivery: { done: 7, awaySinceMs: clock.now() } });
    clock.advance(29_000);
    expect(await both()).toEqual(OK);
    clock.advance(31_000);
    expect(await both()).toEqual(['200 ok', '503 the aggregator has not answered for 60 s']);
  });

  it('for everything that is in its way, and says all of it', async () => {
    const { is, ask } = await start();
    is({
      holdsLock: false,
      isStateWritable: false,
      spool: { ...SPOOL, waiting: 5, notDurable: 4, isRefused: true, isFull: true },
    });
    expect(await ask('/readyz')).toBe(
      '503 the lock of the state folder is gone, or cannot be renewed; the state folder cannot be written; ' +
        'the spool cannot be written; 4 observations are in memory alone; the spool is full; reading waits',
    );
  });

  it('for five minutes after observations were dropped', async () => {
    const { is, both, pass } = await start();
    is({ spool: { ...SPOOL, dropped: 12 } });
    const dropped = ['200 ok', '503 the spool is full; 12 observations were dropped'];
    expect(await both()).toEqual(dropped);
    await pass(5 * MINUTE_MS - 1);
    expect(await both()).toEqual(dropped);
    await pass(1);
    expect(await both()).toEqual(OK);
  });
});
