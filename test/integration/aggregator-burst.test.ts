import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import { Status } from '../../protocol/model.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { runAggregator } from '../support/aggregators.js';
import { observation, report } from '../support/observations.js';

/** For a machine that has much else to do. */
const LIMIT_MS = 60_000;

let folder: string;
/** What a test leaves running. */
const ends: (() => void | Promise<void>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-burst-'));
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(folder, { recursive: true, force: true });
});

/** A client that waits as long as the test does. */
function patientClient({ client }: RunningAggregator): HealthClient {
  const patient = new HealthClient({ target: client.target, deadlineMs: LIMIT_MS });
  ends.push(() => patient.close());
  return patient;
}

async function start(databaseFile = ''): Promise<RunningAggregator> {
  const running = await runAggregator({ databaseFile });
  ends.push(() => running.stop());
  return running;
}

describe('an aggregator with 5,000 reports at once', () => {
  it(
    'accepts each, and knows of each after a restart',
    async () => {
      const databaseFile = join(folder, 'hview.db');
      const before = await start(databaseFile);
      const client = patientClient(before);
      const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
      const said = Array.from({ length: 5000 }, (_, index) =>
        report({ subject: `s${index}`, observation: observation(index, ['q', Status.HEALTHY, 90]) }),
      );
      const answers = await Promise.all(said.map((one) => client.submitReport(handle, one)));
      expect(new Set(answers)).toEqual(new Set(['accepted']));
      const panoramas = await client.dumpPanorama();
      expect(panoramas.size).toBe(5000);
      await before.stop();

      const after = await start(databaseFile);
      expect(await after.client.dumpPanorama()).toEqual(panoramas);
    },
    LIMIT_MS,
  );

  it(
    'of one observer on one subject keeps the ten newest, whatever the order',
    async () => {
      const running = await start();
      const client = patientClient(running);
      const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
      // 1999 is coprime to 5000: every second once, in a scattered order.
      const seconds = Array.from({ length: 5000 }, (_, index) => (index * 1999) % 5000);
      await Promise.all(
        seconds.map((second) =>
          client.submitReport(
            handle,
            report({ observation: observation(second, ['q', Status.HEALTHY, 90]) }),
          ),
        ),
      );
      const { observations } = await client.getView('peer@1', 'peer@2');
      expect(observations.map(({ time }) => time.seconds)).toEqual([
        4990, 4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999,
      ]);
    },
    LIMIT_MS,
  );
});
