import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchEntry } from '../../protocol/batch-service.js';
import { Status } from '../../protocol/model.js';
import type { Verdict } from '../../protocol/verdict.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { batchOf, entry } from '../support/batches.js';
import { evidence } from '../support/fake-verdicts.js';
import { freePort } from '../support/free-port.js';
import { observation } from '../support/observations.js';

let folder: string;
let peers: ReadonlyMap<string, string>;
const running = new Set<RunningAggregator>();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hview-evidence-'));
  peers = new Map([
    ['pano0', `127.0.0.1:${await freePort()}`],
    ['pano1', `127.0.0.1:${await freePort()}`],
  ]);
});

afterEach(async () => {
  for (const one of running) await stop(one);
  rmSync(folder, { recursive: true, force: true });
});

async function start(id: string, keeps: 'journal' | 'memory'): Promise<RunningAggregator> {
  const databaseFile = keeps === 'journal' ? join(folder, `${id}.db`) : '';
  const one = await runAggregator({ id, address: peers.get(id) ?? '', peers, databaseFile });
  running.add(one);
  return one;
}

async function stop(one: RunningAggregator): Promise<void> {
  running.delete(one);
  await one.stop();
}

/** An observer's word on one metric of peer@2, with the line that it comes from. */
function finding(second: number, metric: string, line: string): BatchEntry {
  const parts = { observer: 'peer@1', subject: 'peer@2' };
  const said = observation(second, [metric, Status.UNHEALTHY, 20]);
  return { ...entry(`id-${line}`, { ...parts, observation: said }), provenance: evidence({ line }) };
}

/** Metric, and the line with its agent behind the vote on it. */
function linesOf({ verdicts }: Verdict): string[] {
  return verdicts.flatMap(({ name, votes }) =>
    votes.map(({ evidence: found }) => `${name}: ${found?.line ?? 'nothing'} by ${found?.agent ?? 'nobody'}`),
  );
}

function explained(by: RunningAggregator): Promise<string[]> {
  return eventually(
    async () => linesOf(await by.client.verdicts.explain('peer@2')).sort(),
    (lines) => lines.length === 2,
  );
}

const BOTH = ['Disk: disk full by agent@test', 'Link: link lost by agent@test'];

describe('the lines behind the word of an observer', () => {
  it('are known to a peer that was away until the one that had them was started again', async () => {
    const sender = await start('pano0', 'journal');
    await sender.client.submitBatch(
      batchOf(
        finding(1000, 'Link', 'superseded'),
        finding(1001, 'Link', 'link lost'),
        finding(1002, 'Disk', 'disk full'),
      ),
    );
    await stop(sender);
    await start('pano0', 'journal');
    const receiver = await start('pano1', 'journal');
    expect(await explained(receiver)).toEqual(BOTH);
    await stop(receiver);
    expect(await explained(await start('pano1', 'journal'))).toEqual(BOTH);
  });

  it('are given back to one without a journal that had told them before it was started again', async () => {
    const stays = await start('pano0', 'memory');
    const goes = await start('pano1', 'memory');
    await goes.client.submitBatch(
      batchOf(finding(1001, 'Link', 'link lost'), finding(1002, 'Disk', 'disk full')),
    );
    expect(await explained(stays)).toEqual(BOTH);
    await stop(goes);
    expect(await explained(await start('pano1', 'memory'))).toEqual(BOTH);
  });
});
