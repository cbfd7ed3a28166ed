import { afterEach, describe, expect, it } from '@jest/globals';
import type { AgentPortOptions } from '../../agent/agent-port.js';
import { startAgentPort } from '../../agent/agent-port.js';
import { silentLogger } from '../../runtime/logger.js';
import { FakeClock } from '../support/fake-clock.js';

type Counts = Awaited<ReturnType<AgentPortOptions['counts']>>;

const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

/** Asks an agent that has come to this: its sources with how many logs are open, and since when nobody answers. */
async function asked(
  path: string,
  open: Record<string, number>,
  awaySinceMs: number | null,
): Promise<string> {
  const sources = Object.entries(open).map(([name, count]) => ({ name, logs: { known: 1, open: count } }));
  const counts = { sources, delivery: { awaySinceMs } } as unknown as Counts;
  const port = await startAgentPort({
    address: { host: '127.0.0.1', port: 0 },
    counts: () => Promise.resolve(counts),
    clock: new FakeClock(100_000),
    logger: silentLogger,
  });
  undo.push(() => port.stop(0));
  const answer = await fetch(`http://127.0.0.1:${port.address.port}${path}`);
  return `${answer.status} ${(await answer.text()).trim()}`;
}

describe('an agent that is asked for its health', () => {
  it('is well and ready while it reads and the aggregator answers', async () => {
    expect(await asked('/healthz', { zk: 1 }, null)).toBe('200 ok');
    expect(await asked('/readyz', { zk: 1 }, null)).toBe('200 ok');
  });

  it('is well and not ready while a log is not there', async () => {
    expect(await asked('/healthz', { zk: 0 }, null)).toBe('200 ok');
    expect(await asked('/readyz', { zk: 1, dn: 0, nn: 0 }, null)).toBe('503 no log is open of dn, nn');
  });

  it('is well and not ready while the aggregator is away', async () => {
    expect(await asked('/healthz', { zk: 1 }, 40_000)).toBe('200 ok');
    expect(await asked('/readyz', { zk: 1 }, 40_000)).toBe('503 the aggregator has not answered for 60 s');
  });

  it('tells nothing else', async () => {
    expect(await asked('/', { zk: 1 }, null)).toBe('404 not found');
  });
});
