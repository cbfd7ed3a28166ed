import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AggregatorConfig } from '../../server/config.js';
import type { Intake } from '../../protocol/health-service.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import type { RunningAggregator } from '../support/aggregators.js';
import type { IdlPeer } from '../support/idl-peer.js';
import { startIdlPeer } from '../support/idl-peer.js';
import { report } from '../support/observations.js';

const cleanups: (() => Promise<void> | void)[] = [];
let folder: string;
let peer: IdlPeer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hview-peer-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  peer = await startIdlPeer();
  cleanups.push(() => peer.stop());
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An aggregator whose only peer is the learning one. */
async function start(parts: Partial<AggregatorConfig> = {}): Promise<RunningAggregator> {
  const peers = new Map([
    ['pano0', '127.0.0.1:0'],
    ['pano1', peer.address],
  ]);
  const one = await runAggregator({ peers, ...parts });
  cleanups.push(() => one.stop());
  return one;
}

/** What the peer was told, once it is that much. */
async function toldAll(count: number): Promise<string[]> {
  return eventually(
    () => Promise.resolve([...peer.told]),
    (told) => told.length >= count,
  );
}

async function submit(one: RunningAggregator, subject: string): Promise<void> {
  const handle = await one.client.register({ module: 'ZooKeeper', observer: 'peer@1' });
  await one.client.submitReport(handle, report({ subject }));
}

function learn(one: RunningAggregator, subject: string): Promise<Intake> {
  const source = { id: 'pano1', address: peer.address };
  return one.client.learnReport({ kind: 'normal', source, report: report({ observer: 'peer@9', subject }) });
}

describe('what an aggregator tells its peers', () => {
  it('is what it begins and ceases to observe', async () => {
    const { client } = await start();
    await client.observe('nn1');
    await client.stopObserving('nn1');
    expect(await toldAll(2)).toEqual(['subscription nn1 from pano0', 'unsubscription nn1 from pano0']);
  });

  it('is a subscription when a local report makes what it held interesting', async () => {
    const one = await start({ filterSubmission: true });
    expect(await learn(one, 'nn1')).toBe('ignored');
    await submit(one, 'nn1');
    expect(await toldAll(2)).toEqual(['subscription nn1 from pano0', 'normal nn1 from pano0']);
  });

  it('is no subscription when nothing was held', async () => {
    const one = await start({ filterSubmission: true });
    await submit(one, 'nn1');
    await submit(one, 'nn1');
    expect(await toldAll(2)).toEqual(['normal nn1 from pano0', 'normal nn1 from pano0']);
  });

  it('is not what peers told it', async () => {
    const one = await start();
    expect(await learn(one, 'learnt')).toBe('accepted');
    await submit(one, 'local');
    expect(await toldAll(1)).toEqual(['normal local from pano0']);
  });

  it('is a subscription to each subject of its configuration when it starts', async () => {
    await start({ subjects: ['nn1', 'nn2'] });
    expect((await toldAll(2)).sort()).toEqual(['subscription nn1 from pano0', 'subscription nn2 from pano0']);
  });

  it('is a subscription to each subject that it watched before a restart', async () => {
    const databaseFile = join(folder, 'hview.db');
    const before = await start({ databaseFile });
    await before.client.observe('nn1');
    await before.client.observe('nn2');
    await before.client.stopObserving('nn2');
    await toldAll(3);
    await before.stop();
    peer.told.length = 0;
    const after = await start({ databaseFile });
    await submit(after, 'last');
    expect(await toldAll(2)).toEqual(['subscription nn1 from pano0', 'normal last from pano0']);
  });

  it('is nothing on a subject that the peer ignores, until the peer itself reports on it', async () => {
    const one = await start();
    peer.reply = 'ignored';
    await submit(one, 'a');
    await toldAll(1);
    peer.reply = 'accepted';
    await submit(one, 'a');
    await submit(one, 'b');
    expect(await toldAll(2)).toEqual(['normal a from pano0', 'normal b from pano0']);
    await learn(one, 'a');
    await submit(one, 'a');
    expect((await toldAll(3))[2]).toBe('normal a from pano0');
  });

  it('is nothing on a subject that the peer ignored before a restart, until it asks for it', async () => {
    const databaseFile = join(folder, 'hview.db');
    const before = await start({ databaseFile });
    const source = { id: 'pano1', address: peer.address };
    const interest = (one: RunningAggregator, kind: 'subscription' | 'unsubscription', subject: string) =>
      one.client.learnReport({ kind, source, report: report({ subject }) });
    await interest(before, 'unsubscription', 'a');
    await interest(before, 'unsubscription', 'b');
    await interest(before, 'subscription', 'b');
    await before.stop();
    const after = await start({ databaseFile });
    for (const subject of ['a', 'b']) await submit(after, subject);
    expect(await toldAll(1)).toEqual(['normal b from pano0']);
    await interest(after, 'subscription', 'a');
    await submit(after, 'a');
    expect(await toldAll(2)).toEqual(['normal b from pano0', 'normal a from pano0']);
  });

  it.each(['subscription', 'unsubscription'] as const)('follows a %s of the peer', async (kind) => {
    const one = await start();
    const source = { id: 'pano1', address: peer.address };
    await one.client.learnReport({ kind: 'unsubscription', source, report: report({ subject: 'a' }) });
    await one.client.learnReport({ kind, source, report: report({ subject: 'a' }) });
    await submit(one, 'a');
    await submit(one, 'b');
    const expected = kind === 'subscription' ? ['normal a from pano0'] : [];
    expect(await toldAll(expected.length + 1)).toEqual([...expected, 'normal b from pano0']);
  });
});
