import { describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.js';

// Half a million calls, on a busy machine.
jest.setTimeout(60_000);

const execute = promisify(execFile);

/** Says half a million things, most on subjects of their own, and prints by how many bytes its heap has grown. */
const PROGRAM = `
import { connect } from CLIENT;
const health = connect({
  aggregator: '127.0.0.1:' + process.argv[2], module: 'shop', observer: 'cart@1', onProblem: () => undefined,
});
const turn = () => new Promise((resolve) => setImmediate(resolve));
const say = async (from, to) => {
  for (let number = from; number < to; number += 1) {
    const subject = 'some-subject-with-a-usual-length@' + (number % 5 === 0 ? number % 100 : number);
    if (number % 3 === 0) health.report(subject, 'query', 'HEALTHY', number % 100);
    else if (number % 3 === 1) health.report(subject, 'query', 'UNHEALTHY');
    else health.pending(subject, 'query', number, { withinMs: 60_000 });
    if (number % 1000 === 0) await turn();
  }
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};
// What is bounded is full now.
const before = await say(0, 60_000);
const after = await say(60_000, 500_000);
const { observations, dropped, waiting, pendingRequests } = health.counts();
console.log(JSON.stringify({ growth: after - before, observations, dropped, waiting, pendingRequests }));
`;

describe('a program whose aggregator is away', () => {
  it('goes on with as much memory as it had, and knows how much it gave up', async () => {
    const home = mkdtempSync(join(tmpdir(), 'hview-memory-'));
    try {
      const file = join(home, 'program.mjs');
      const client = new URL('../../client/index.js', import.meta.url).href;
      writeFileSync(file, PROGRAM.replace('CLIENT', JSON.stringify(client)));
      const words = ['--expose-gc', file, String(await freePort())];
      const { stdout } = await execute(process.execPath, words, { timeout: 50_000 });
      const { growth, observations, dropped, waiting, pendingRequests } = JSON.parse(stdout) as Record<
        string,
        number
      >;
      // Without a bound it would be more than 50 MB.
      expect(growth).toBeLessThan(5_000_000);
      expect([waiting, pendingRequests]).toEqual([1000, 10_000]);
      expect(dropped).toBe((observations ?? 0) - 1000);
      expect(dropped).toBeGreaterThan(300_000);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});
