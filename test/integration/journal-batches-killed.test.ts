import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch } from '../../protocol/batch-service.js';
import { HealthClient } from '../../protocol/health-client.js';
import { batchOf, entry, idsInJournal } from '../support/batches.js';
import { endCommands } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';

const LIMIT_MS = 120_000;

let folder: string;
let databaseFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-killed-'));
  databaseFile = join(folder, 'hview.db');
});

afterEach(async () => {
  await endCommands();
  rmSync(folder, { recursive: true, force: true });
});

function start() {
  return startServer(['-addr', '127.0.0.1:0', '-dbfile', databaseFile, 'pano0']);
}

/** Sends batches of random lengths, one after the other, until the aggregator is gone. */
async function sendUntilItIsGone(client: HealthClient, agent: string) {
  const sent: Batch[] = [];
  let acknowledged = 0;
  let next = 0;
  for (;;) {
    const length = 1 + Math.floor(Math.random() * 300);
    const batch = batchOf(...Array.from({ length }, () => entry(`${agent}-${(next += 1)}`)));
    sent.push(batch);
    try {
      await client.submitBatch(batch);
      acknowledged += length;
    } catch {
      return { sent, acknowledged };
    }
  }
}

describe('an aggregator that is killed in the midst of batches', () => {
  it.each([1, 2, 3])(
    'has all that it acknowledged, and each report once when everything is sent again (run %i)',
    async () => {
      const first = await start();
      const client = new HealthClient({ target: first.address });
      const agents = ['a', 'b', 'c'];
      const sending = agents.map((agent) => sendUntilItIsGone(client, agent));
      // It dies while it is at some batch or other.
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 700));
      first.command.kill('SIGKILL');
      const results = await Promise.all(sending);
      await first.command.exited;
      client.close();

      const survived = new Set(idsInJournal(databaseFile));
      results.forEach(({ sent, acknowledged }, index) => {
        const ids = sent.flatMap(({ entries }) => entries.map(({ id }) => id));
        const lost = ids.slice(0, acknowledged).filter((id) => !survived.has(id));
        expect({ agent: agents[index], lost }).toEqual({ agent: agents[index], lost: [] });
      });

      const second = await start();
      const again = new HealthClient({ target: second.address });
      for (const { sent } of results) for (const batch of sent) await again.submitBatch(batch);
      again.close();
      second.command.kill('SIGTERM');
      await second.command.exited;
      const held = idsInJournal(databaseFile);
      results.forEach(({ sent }, index) => {
        const ids = sent.flatMap(({ entries }) => entries.map(({ id }) => id));
        // Each of them once, and in the agent's order.
        expect(held.filter((id) => id.startsWith(`${agents[index]}-`))).toEqual(ids);
      });
    },
    LIMIT_MS,
  );
});
