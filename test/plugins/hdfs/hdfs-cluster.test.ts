import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHdfsCluster } from '../../../plugins/hdfs/hdfs-cluster.js';
import { HviewError } from '../../../runtime/errors.js';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hview-hdfs-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(root, 'conf-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function xml(settings: Record<string, string>): string {
  const properties = Object.entries(settings).map(
    ([name, value]) => `  <property>\n    <name>${name}</name>\n    <value>${value}</value>\n  </property>`,
  );
  return `<?xml version="1.0"?>\n<!-- site -->\n<configuration>\n${properties.join('\n')}\n</configuration>\n`;
}

const PAIR = {
  'dfs.nameservices': 'ns',
  'dfs.ha.namenodes.ns': 'a,b',
  'dfs.namenode.rpc-address.ns.a': 'nn1:8020',
  'dfs.namenode.rpc-address.ns.b': 'nn2:8020',
  'dfs.namenode.http-address.ns.a': '0.0.0.0:9870',
  'dfs.namenode.shared.edits.dir': 'qjournal://jn1:8485;jn2:8485;jn3:8486/ns',
};

async function failure(folder: string): Promise<HviewError> {
  const error: unknown = await readHdfsCluster(folder).catch((reason: unknown) => reason);
  if (!(error instanceof HviewError)) throw new Error(`read, or failed with ${String(error)}`);
  return error;
}

describe('the cluster in a configuration folder', () => {
  it('has the NameNodes of a pair, a failover controller beside each, and the JournalNodes', async () => {
    const { daemons } = await readHdfsCluster(folderOf({ 'hdfs-site.xml': xml(PAIR) }));
    expect(daemons).toEqual([
      { role: 'nn', host: 'nn1', port: 8020, ports: [8020, 9870] },
      { role: 'nn', host: 'nn2', port: 8020, ports: [8020] },
      { role: 'jn', host: 'jn1', port: 8485, ports: [8485] },
      { role: 'jn', host: 'jn2', port: 8485, ports: [8485] },
      { role: 'jn', host: 'jn3', port: 8486, ports: [8486] },
      { role: 'zkfc', host: 'nn1', port: 8019, ports: [8019] },
      { role: 'zkfc', host: 'nn2', port: 8019, ports: [8019] },
    ]);
  });

  it('has the one NameNode that fs.defaultFS names, on its usual port when none is given', async () => {
    const files = {
      'hdfs-site.xml': xml({}),
      'core-site.xml': xml({ 'fs.defaultFS': 'hdfs://Master.example.org' }),
    };
    expect((await readHdfsCluster(folderOf(files))).daemons).toEqual([
      { role: 'nn', host: 'master.example.org', port: 8020, ports: [8020] },
    ]);
  });

  it('has the DataNodes of workers, or of slaves, and of the hosts that may join', async () => {
    const included = join(mkdtempSync(join(root, 'lists-')), 'include');
    writeFileSync(included, 'dn4 # new\n\n10.0.0.15\n');
    const files = {
      'hdfs-site.xml': xml({ 'dfs.datanode.address': '0.0.0.0:1004', 'dfs.hosts': included }),
      workers: 'dn1\n# comment\n dn2 \n',
      slaves: 'dn3\n',
    };
    const { daemons, rolePorts } = await readHdfsCluster(folderOf(files));
    expect(daemons.map(({ role, host, port }) => [role, host, port])).toEqual(
      ['dn1', 'dn2', 'dn3', 'dn4', '10.0.0.15'].map((host) => ['dn', host, 1004]),
    );
    expect(rolePorts.get('dn')).toEqual([1004]);
  });

  it('takes names from the JSON form of the list of hosts', async () => {
    const included = join(mkdtempSync(join(root, 'lists-')), 'include.json');
    writeFileSync(included, '[{"hostName": "dn1"}, {"hostName": "dn2", "adminState": "DECOMMISSIONED"}]');
    const { daemons } = await readHdfsCluster(folderOf({ 'hdfs-site.xml': xml({ 'dfs.hosts': included }) }));
    expect(daemons.map(({ host }) => host)).toEqual(['dn1', 'dn2']);
  });

  it('does not take the example that Hadoop ships for a DataNode', async () => {
    const folder = folderOf({ 'hdfs-site.xml': xml({}), workers: 'localhost\n' });
    expect((await readHdfsCluster(folder)).daemons).toEqual([]);
  });

  it('fills in what settings refer to, and lets the last file speak unless an earlier one is final', async () => {
    const core =
      '<configuration><property><name>master</name><value>nn9</value><final>true</final></property></configuration>';
    const site = xml({ master: 'nn8', 'dfs.namenode.rpc-address': '${master}:8021', loop: '${loop}' });
    const { daemons } = await readHdfsCluster(folderOf({ 'core-site.xml': core, 'hdfs-site.xml': site }));
    expect(daemons).toEqual([{ role: 'nn', host: 'nn9', port: 8021, ports: [8021] }]);
  });

  it('is refused, with the place, when a file is missing or is no configuration', async () => {
    expect((await failure(folderOf({}))).message).toMatch(/^there is no hdfs-site\.xml in /);
    const broken = await failure(
      folderOf({ 'hdfs-site.xml': '<configuration>\n<property>\n</configuration>' }),
    );
    expect(broken.code).toBe('CONFIG_INVALID');
    expect(broken.message).toMatch(/hdfs-site\.xml:\d+: /);
    const other = await failure(folderOf({ 'hdfs-site.xml': '<settings/>' }));
    expect(other.message).toMatch(/there is no element <configuration>$/);
  });
});
