import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readZooKeeperCluster } from '../../../plugins/zookeeper/zookeeper-cluster.js';
import { ZooKeeperEnsemble } from '../../../plugins/zookeeper/zookeeper-ensemble.js';
import { FakeClock, settle } from '../../support/fake-clock.js';

const MINUTE = 60_000;

describe('an ensemble of named hosts', () => {
  let folder = '';
  let path = '';
  let addresses: Record<string, string[]>;
  let lookups: string[];
  let notices: string[];
  let clock: FakeClock;
  let ensemble: ZooKeeperEnsemble;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hview-ensemble-'));
    path = join(folder, 'zoo.cfg');
    addresses = { zk1: ['10.0.0.1'], zk2: ['10.0.0.2', '10.1.0.2'] };
    lookups = [];
    notices = [];
    clock = new FakeClock();
  });
  afterEach(() => {
    ensemble.close();
    expect(clock.pendingTimers).toBe(0);
    rmSync(folder, { recursive: true });
  });

  async function open(text: string, ownId: string | null = null): Promise<void> {
    writeFileSync(path, text);
    const lookup = (host: string) => {
      lookups.push(host);
      const found = addresses[host];
      return found === undefined ? Promise.reject(new Error('not found')) : Promise.resolve(found);
    };
    const notice = (message: string) => notices.push(message);
    ensemble = await ZooKeeperEnsemble.open(
      { path, ownId, lookup, clock, notice },
      await readZooKeeperCluster(path),
    );
  }

  const ownerOf = (host: string, port: number | null = null) => {
    const owner = ensemble.entities.ownerOf(host, port);
    return owner.kind === 'entity' ? owner.id : owner.kind;
  };

  it('is known by names and by all their addresses', async () => {
    await open('server.1=zk1:2888:3888\nserver.2=zk2:2888:3888\nserver.3=10.0.0.3:2888:3888\n');
    expect(['zk1', '10.0.0.1', '10.1.0.2', '10.0.0.3', '10.0.0.4'].map((host) => ownerOf(host))).toEqual([
      'peer@1',
      'peer@1',
      'peer@2',
      'peer@3',
      'unknown',
    ]);
    expect(lookups.sort()).toEqual(['zk1', 'zk2']);
    expect(notices).toEqual([]);
  });

  it('starts with a name that does not resolve yet and finds it a minute later', async () => {
    await open('server.1=zk1:2888:3888\nserver.3=zk3:2888:3888\n');
    expect([ownerOf('zk3'), ownerOf('10.0.0.3')]).toEqual(['peer@3', 'unknown']);
    expect(notices).toEqual(['zk3 does not resolve yet (not found); it is known by its name']);

    addresses['zk3'] = ['10.0.0.3'];
    clock.advance(MINUTE);
    await ensemble.refresh();
    expect(ownerOf('10.0.0.3')).toBe('peer@3');
    expect(notices.slice(1)).toEqual(['zk3 is now 10.0.0.3']);
  });

  it('notices that an address has changed, and keeps the last one while a name does not resolve', async () => {
    await open('server.1=zk1:2888:3888\nserver.2=zk2:2888:3888\n');
    addresses = { zk1: ['10.0.0.9'] };
    clock.advance(MINUTE);
    await ensemble.refresh();
    expect(['10.0.0.1', '10.0.0.9', '10.0.0.2'].map((host) => ownerOf(host))).toEqual([
      'unknown',
      'peer@1',
      'peer@2',
    ]);
    expect(notices).toEqual(['zk1 is now 10.0.0.9 (was 10.0.0.1)']);
  });

  it('looks again by itself once a minute', async () => {
    await open('server.1=zk1:2888:3888\n');
    clock.advance(MINUTE - 1);
    expect(lookups).toHaveLength(1);
    clock.advance(1);
    await ensemble.refresh();
    expect(lookups).toHaveLength(2);
  });

  it('looks again when an unknown address turns up, but not more often than every ten seconds', async () => {
    await open('server.1=zk1:2888:3888\n');
    clock.advance(9_999);
    ensemble.unknownAddressSeen();
    for (let turn = 0; turn < 20; turn += 1) await settle();
    expect(lookups).toHaveLength(1);
    clock.advance(1);
    ensemble.unknownAddressSeen();
    ensemble.unknownAddressSeen();
    while (lookups.length < 2) await settle();
    await settle();
    expect(lookups).toHaveLength(2);
  });

  it('counts as voters those who are no observers, unless weights or groups decide', async () => {
    await open('server.1=zk1:2888:3888\nserver.2=zk2:2888:3888:observer\n');
    expect([...ensemble.voters]).toEqual(['1']);
    writeFileSync(path, 'server.1=zk1:2888:3888\nserver.2=zk2:2888:3888\ngroup.1=1:2\n');
    await ensemble.refresh();
    expect([...ensemble.voters]).toEqual([]);
  });

  it('reads zoo.cfg again when it has changed', async () => {
    await open('server.1=zk1:2888:3888\n');
    writeFileSync(path, 'server.1=zk1:2888:3888\nserver.2=zk2:2888:3888\n');
    await ensemble.refresh();
    expect(ensemble.hasServer('2')).toBe(true);
    expect(notices).toEqual(['the ensemble has changed from servers 1 to 1, 2']);
  });

  it('follows a reconfiguration to the next dynamic file', async () => {
    writeFileSync(join(folder, 'dynamic.1'), 'server.1=zk1:2888:3888;2181\n');
    await open('dataDir=/data\ndynamicConfigFile=dynamic.1\n');
    writeFileSync(join(folder, 'dynamic.2'), 'server.2=zk2:2888:3888;2181\n');
    writeFileSync(path, 'dataDir=/data\ndynamicConfigFile=dynamic.2\n');
    await ensemble.refresh();
    writeFileSync(join(folder, 'dynamic.2'), 'server.2=zk2:2888:3888;2181\nserver.3=zk1:2888:3888;2181\n');
    await ensemble.refresh();
    expect(ensemble.entities.ids).toEqual(['peer@2', 'peer@3']);
  });

  it('stays as it was when the changed file is wrong, and says so once', async () => {
    await open('server.1=zk1:2888:3888\n');
    writeFileSync(path, 'server.1=zk1\n');
    await ensemble.refresh();
    await ensemble.refresh();
    expect(ensemble.hasServer('1')).toBe(true);
    expect(notices).toEqual([
      expect.stringContaining(`the changed configuration is not used: ${path}:1: server.1 has no port`),
    ]);
  });
});

describe('an ensemble on one machine', () => {
  it('is told apart by the ports it listens on, the common client port being that of the own server', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hview-ensemble-'));
    const path = join(folder, 'zoo.cfg');
    writeFileSync(
      path,
      'clientPort=2181\nserver.1=127.0.0.1:2881:3881\nserver.2=127.0.0.1:2882:3882\nserver.3=127.0.0.1:2883:3883;2183\n',
    );
    const lookup = () => Promise.reject(new Error('not asked'));
    const options = { path, ownId: '1', lookup, clock: new FakeClock(), notice: () => undefined };
    const ensemble = await ZooKeeperEnsemble.open(options, await readZooKeeperCluster(path));
    const ports = [2881, 3882, 2183, 2181, 41234];
    expect(ports.map((port) => ensemble.entities.ownerOf('127.0.0.1', port))).toEqual([
      { kind: 'entity', id: 'peer@1' },
      { kind: 'entity', id: 'peer@2' },
      { kind: 'entity', id: 'peer@3' },
      { kind: 'entity', id: 'peer@1' },
      { kind: 'ambiguous' },
    ]);
    ensemble.close();
    rmSync(folder, { recursive: true });
  });
});
