import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchEntry } from '../../protocol/batch-service.js';
import { HealthClient } from '../../protocol/health-client.js';
import { Status } from '../../protocol/model.js';
import { formatConfig, standaloneConfig } from '../../server/config.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { batchOf, entry, idsInJournal } from '../support/batches.js';
import { freePort } from '../support/free-port.js';
import { observation } from '../support/observations.js';
import { endCommands, startCommandLine } from '../support/spawn-command.js';
import type { RunningCommand } from '../support/spawn-command.js';
import type { Trouble } from '../support/unruly-proxy.js';
import { UnrulyProxy } from '../support/unruly-proxy.js';

/** From the moment when the network is healed until all panoramas are equal, milliseconds. */
const LIMIT_MS = 10_000;

/** What aggregators in this process keep for peers that are away: far less than is reported meanwhile. */
const RELAY_LOG = { reports: 150, bytes: 1024 * 1024 };

let folder: string;
const cleanups: (() => Promise<void> | void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-mesh-'));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await endCommands();
  rmSync(folder, { recursive: true, force: true });
});

/** Reports of one observer on some subjects, at times that nobody else uses. */
function reports(observer: string, count: number, firstSecond: number): BatchEntry[] {
  return Array.from({ length: count }, (_, index) =>
    entry(`${observer}-${firstSecond + index}`, {
      observer,
      subject: `peer@${index % 20}`,
      observation: observation(firstSecond + index, ['Quorum', Status.HEALTHY, index % 100]),
    }),
  );
}

/** All that an aggregator knows, in an order that depends on nothing else. */
async function known(client: HealthClient): Promise<string> {
  const panoramas = await client.dumpPanorama();
  const lines = [...panoramas].flatMap(([subject, { views }]) =>
    [...views].map(
      ([observer, { observations }]) => `${subject} ${observer} ${JSON.stringify(observations)}`,
    ),
  );
  return lines.sort().join('\n');
}

async function untilEqual(
  clients: readonly HealthClient[],
  hasAll: (text: string) => boolean,
): Promise<number> {
  const beganMs = performance.now();
  await eventually(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return Promise.all(clients.map(known));
    },
    (texts) => hasAll(texts[0] ?? '') && texts.every((text) => text === texts[0]),
  );
  return performance.now() - beganMs;
}

/** Rows of the journal that say the same. */
function repetitions(databaseFile: string): unknown[] {
  const database = new Database(databaseFile, { readonly: true });
  const rows = database
    .prepare(
      `SELECT observer, subject, seconds FROM reports
       GROUP BY observer, subject, seconds, nanos, metrics HAVING count(*) > 1`,
    )
    .raw(true)
    .all();
  database.close();
  return rows;
}

/**
 * Three aggregators: pano0 without a journal, pano1 with one, pano2 with one and in a process of its own; every
 * way to and from pano2 leads through proxies.
 */
async function mesh(configure: { readonly filterSubmission?: boolean } = {}) {
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const at = ports.map((port) => `127.0.0.1:${port}`);
  const proxies = await Promise.all([...ports, ports[2]].map((port) => UnrulyProxy.open(port)));
  const [to0, to1, from0, from1] = proxies as [UnrulyProxy, UnrulyProxy, UnrulyProxy, UnrulyProxy];
  cleanups.push(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });
  const seenFrom = [
    [at[0], at[1], from0.address],
    [at[0], at[1], from1.address],
    [to0.address, to1.address, at[2]],
  ].map((addresses) => new Map(addresses.map((address, index) => [`pano${index}`, address ?? ''])));
  const files = [join(folder, '1.db'), join(folder, '2.db')] as const;
  const start = async (index: 0 | 1, databaseFile: string) => {
    const running = await runAggregator(
      {
        id: `pano${index}`,
        address: at[index] ?? '',
        peers: seenFrom[index] ?? new Map(),
        databaseFile,
        ...configure,
      },
      { relayLog: RELAY_LOG },
    );
    cleanups.push(() => running.stop());
    return running;
  };
  const configFile = join(folder, 'pano2.json');
  writeFileSync(
    configFile,
    formatConfig({
      ...standaloneConfig('pano2', at[2] ?? '', files[1]),
      peers: seenFrom[2] ?? new Map(),
      ...configure,
    }),
  );
  const startProcess = async (): Promise<RunningCommand> => {
    const command = startCommandLine('hview-server', ['-config', configFile]);
    await command.waitForOutput(/the aggregator listens/);
    return command;
  };
  const client2 = new HealthClient({ target: at[2] ?? '', deadlineMs: 5000 });
  cleanups.push(() => client2.close());
  return {
    first: await start(0, ''),
    second: await start(1, files[0]),
    process: await startProcess(),
    client2,
    files,
    startProcess,
    cut: (trouble: Trouble) => proxies.forEach((proxy) => proxy.cut(trouble)),
    heal: () => proxies.forEach((proxy) => proxy.heal()),
    delay: (delayMs: number) => proxies.forEach((proxy) => (proxy.delayMs = delayMs)),
  };
}

describe('a mesh of which one aggregator was cut off', () => {
  it.each<Trouble>(['silence', 'reset', 'half-close'])(
    'is of one mind within ten seconds (%s), and no journal holds anything twice',
    async (trouble) => {
      const { first, second, client2, files, cut, heal, delay } = await mesh();
      const clients = [first.client, second.client, client2];
      delay(5);
      await first.client.submitBatch(batchOf(...reports('before', 40, 1000)));
      await untilEqual(clients, (text) => text.includes('before'));
      cut(trouble);
      for (let part = 0; part < 6; part += 1) {
        await first.client.submitBatch(batchOf(...reports('left', 100, 2000 + part * 100)));
        await second.client.submitBatch(batchOf(...reports('middle', 100, 3000 + part * 100)));
        await client2.submitBatch(batchOf(...reports('right', 100, 4000 + part * 100)));
      }
      expect(await known(client2)).not.toContain('left');
      heal();
      const tookMs = await untilEqual(clients, (text) =>
        ['left', 'middle', 'right'].every((observer) => text.includes(observer)),
      );
      expect(tookMs).toBeLessThan(LIMIT_MS);
      for (const file of files) {
        expect(repetitions(file)).toEqual([]);
        const ids = idsInJournal(file).filter((id) => id !== '');
        expect(new Set(ids).size).toBe(ids.length);
      }
      // What the one that was cut off took in is kept in full by those that its log reached back to.
      const right = idsInJournal(files[0]).filter((id) => id.startsWith('right'));
      expect(right).toEqual(reports('right', 600, 4000).map(({ id }) => id));
    },
    60_000,
  );

  it('is of one mind after that one was killed and started again meanwhile', async () => {
    const { first, second, process: process2, client2, files, startProcess, cut, heal } = await mesh();
    const clients = [first.client, second.client, client2];
    await first.client.submitBatch(batchOf(...reports('before', 40, 1000)));
    await untilEqual(clients, (text) => text.includes('before'));
    cut('reset');
    await first.client.submitBatch(batchOf(...reports('left', 400, 2000)));
    await client2.submitBatch(batchOf(...reports('right', 400, 4000)));
    process2.kill('SIGKILL');
    await process2.exited;
    await startProcess();
    await eventually(
      () => client2.submitBatch(batchOf(...reports('again', 40, 5000))),
      () => true,
    );
    heal();
    const tookMs = await untilEqual(clients, (text) =>
      ['left', 'right', 'again'].every((observer) => text.includes(observer)),
    );
    expect(tookMs).toBeLessThan(LIMIT_MS);
    for (const file of files) expect(repetitions(file)).toEqual([]);
    expect(second.aggregator.counts().relay['pano2']).toMatchObject({ mode: 'batches', waiting: 0 });
  }, 60_000);

  it('gives one without a journal back what it had said before it was started again', async () => {
    const ports = [await freePort(), await freePort()];
    const peers = new Map(ports.map((port, index) => [`pano${index}`, `127.0.0.1:${port}`] as const));
    const start = (index: number) =>
      runAggregator({ id: `pano${index}`, address: peers.get(`pano${index}`) ?? '', peers });
    const stays = await start(0);
    cleanups.push(() => stays.stop());
    const goes = await start(1);
    await goes.client.submitBatch(batchOf(...reports('own', 40, 1000)));
    await stays.client.submitBatch(batchOf(...reports('other', 40, 2000)));
    await untilEqual([stays.client, goes.client], (text) => text.includes('own') && text.includes('other'));
    const before = await known(stays.client);
    await goes.stop();
    const comes = await start(1);
    cleanups.push(() => comes.stop());
    await untilEqual([stays.client, comes.client], (text) => text.includes('own'));
    expect(await known(comes.client)).toBe(before);
  }, 30_000);
});
