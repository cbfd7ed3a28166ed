import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readZooKeeperCluster, type ZooKeeperCluster } from '../../../plugins/zookeeper/zookeeper-cluster.js';
import { HviewError } from '../../../runtime/errors.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-zoo-cfg-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Each server as `id role host:port:port|...`. */
function servers(cluster: ZooKeeperCluster): string[] {
  return [...cluster.servers].map(([id, { hosts, role }]) => {
    const addresses = hosts.map(
      ({ host, quorumPort, electionPort }) => `${host}:${quorumPort}:${electionPort}`,
    );
    return `${id} ${role} ${addresses.join('|')}`;
  });
}

async function failure(path: string): Promise<HviewError> {
  const error: unknown = await readZooKeeperCluster(path).catch((reason: unknown) => reason);
  if (!(error instanceof HviewError)) throw new Error(`${path} was read, or failed with ${String(error)}`);
  return error;
}

describe('zoo.cfg', () => {
  it('of 3.4 names servers, data folder and client port', async () => {
    const path = write(
      'plain.cfg',
      '# The number of milliseconds of each tick\ntickTime=2000\ndataDir = /var/lib/zookeeper\nclientPort=2181\n' +
        'server.1=10.0.0.4:2888:3888\nserver.02 = zk2:2888:3888:observer\ngroup.1=1:2\nweight.1=1\n' +
        'authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n' +
        'quorum.auth.kerberos.servicePrincipal=zk/_HOST@EXAMPLE.ORG?a=b=c\nmetricsProvider.httpPort=7000\n',
    );
    const cluster = await readZooKeeperCluster(path);
    expect(servers(cluster)).toEqual(['1 participant 10.0.0.4:2888:3888', '2 observer zk2:2888:3888']);
    expect(cluster).toMatchObject({ dataDir: '/var/lib/zookeeper', clientPort: 2181, files: [path] });
  });

  it('may be written as Java properties: other separators, comments, lines that go on', async () => {
    const path = write(
      'java.cfg',
      '! old comment\nserver.1: zk1:2888:3888\ntickTime 2000\nserver.2 = zk2:2888:3888|\\\n   zk2b:2888:3888;2181\n',
    );
    expect(servers(await readZooKeeperCluster(path))).toEqual([
      '1 participant zk1:2888:3888',
      '2 participant zk2:2888:3888|zk2b:2888:3888',
    ]);
  });

  it('may name the same server twice in the same words', async () => {
    const path = write('twice.cfg', 'server.1=zk1:2888:3888\nserver.1=zk1:2888:3888\n');
    expect(servers(await readZooKeeperCluster(path))).toEqual(['1 participant zk1:2888:3888']);
  });

  it('without servers is for a server on its own', async () => {
    const cluster = await readZooKeeperCluster(write('alone.cfg', 'dataDir=/data\nclientPort=2181\n'));
    expect([cluster.servers.size, cluster.dataDir]).toEqual([0, '/data']);
  });

  it('may leave the servers to a dynamic configuration, whose path is relative to its own folder', async () => {
    mkdirSync(join(folder, 'conf'), { recursive: true });
    const dynamic = write(
      'conf/zoo.cfg.dynamic.100000000',
      'server.1=zk1:2888:3888:participant;2181\nversion=100000000\n',
    );
    const path = write(
      'conf/zoo.cfg',
      'dataDir=/data\ndynamicConfigFile=zoo.cfg.dynamic.100000000\nserver.9=ignored:2888:3888\n',
    );
    const cluster = await readZooKeeperCluster(path);
    expect(servers(cluster)).toEqual(['1 participant zk1:2888:3888']);
    expect(cluster.files).toEqual([path, dynamic]);
  });
});

describe('a bad zoo.cfg', () => {
  it.each([
    ['server.x=zk1:2888:3888', "server.x: 'x' is no server id; it is a whole number from 0 up"],
    ['server.=zk1:2888:3888', "server.: '' is no server id; it is a whole number from 0 up"],
    ['server.-1=zk1:2888:3888', "server.-1: '-1' is no server id; it is a whole number from 0 up"],
    [
      'server.9223372036854775808=zk1:2888:3888',
      "server.9223372036854775808: '9223372036854775808' is no server id; it is a whole number from 0 up",
    ],
    ['server.1=zk1:2888:x', "server.1 has the election port 'x'; a port is a number from 1 to 65535"],
    ['clientPort=99999', "clientPort is '99999'; a port is a number from 1 to 65535"],
    ['this is no setting', "'this is no setting' is not KEY=VALUE"],
    ['garbage', "'garbage' is not KEY=VALUE"],
    ['=value', "'=value' is not KEY=VALUE"],
  ])('with the line %s says so', async (line, message) => {
    const path = write('bad.cfg', `# comment\n${line}\nserver.7=zk7:2888:3888\n`);
    const error = await failure(path);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(`${path}:2: ${message}`);
    expect(error.hint).toContain('--ensemble');
  });

  it('lists all its problems at once', async () => {
    const path = write(
      'many.cfg',
      'server.1=zk1:2888:3888\nserver.1=zk2:2888:3888\nserver.a=zk3:1:2\nserver.3=zk3\n',
    );
    expect((await failure(path)).message.split('\n')).toEqual([
      `${path}:2: server.1 stands in line 1 already, with another address`,
      `${path}:3: server.a: 'a' is no server id; it is a whole number from 0 up`,
      expect.stringMatching(/:4: server\.3 has no port in 'zk3'; expected/),
    ]);
  });

  it('that is no zoo.cfg at all says so', async () => {
    const path = write('other.ini', 'color=blue\n');
    expect((await failure(path)).message).toBe(
      `${path}: there is no line server.N=host:port:port, no dynamicConfigFile and no dataDir`,
    );
  });

  it('that does not exist says so', async () => {
    const path = join(folder, 'nowhere.cfg');
    const error = await failure(path);
    expect(error.message).toBe(`cannot read the ensemble file ${path}: there is no such file`);
    expect(error.hint).toContain('--ensemble');
  });

  it('names the line that asks for a dynamic configuration which is not there', async () => {
    const path = write('dynamic.cfg', 'dataDir=/data\ndynamicConfigFile=gone.dynamic\n');
    expect((await failure(path)).message).toBe(
      `cannot read the dynamic configuration (dynamicConfigFile in ${path}:2) ${join(folder, 'gone.dynamic')}: there is no such file`,
    );
  });

  it('tells problems of the dynamic configuration by that file, also when it names no servers', async () => {
    const bad = write('bad.dynamic', 'server.1=zk1:2888\nserver.2=zk2\n');
    const empty = write('empty.dynamic', 'version=0\n');
    const badPath = write('dynamic-bad.cfg', `dataDir=/data\ndynamicConfigFile=${bad}\n`);
    const emptyPath = write('dynamic-empty.cfg', `dataDir=/data\ndynamicConfigFile=${empty}\n`);
    expect((await failure(badPath)).message).toContain(`${bad}:2: server.2 has no port`);
    expect((await failure(emptyPath)).message).toBe(`${empty}: there is no line server.N=host:port:port`);
  });
});
