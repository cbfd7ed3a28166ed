import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCassandraFactory } from '../../../plugins/cassandra/cassandra-plugin.js';
import { loadPlugin } from '../../../plugins/registry.js';

const factory = createCassandraFactory((host) =>
  host === 'cass1' ? Promise.resolve(['10.0.0.1']) : Promise.reject(new Error(`ENOTFOUND ${host}`)),
);

let folder = '';
let config = '';
let notices: string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-cassandra-plugin-'));
  config = join(folder, 'cassandra.yaml');
  writeFileSync(config, 'listen_address: cass1\nseed_provider:\n- parameters:\n  - seeds: 10.0.0.2\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function create(options: Record<string, string>, timeZone: string | null = 'UTC') {
  notices = [];
  return factory.create({ options, timeZone, notice: (message) => notices.push(message) });
}

describe('the plugin', () => {
  it('is bundled as cassandra', async () => {
    const bundled = await loadPlugin('cassandra');
    expect(bundled.options.map(({ name }) => name)).toEqual(['config', 'address', 'peers']);
  });

  it('knows the node by its configuration', async () => {
    const plugin = await create({ config });
    expect(plugin).toMatchObject({
      name: 'cassandra',
      module: 'Cassandra',
      observer: 'cassandra@10.0.0.1',
      defaultRuleSet: 'cassandra.json',
    });
    expect(notices).toEqual([]);
    plugin.close();
  });

  it('takes the word of the user for the node and for others, without a configuration', async () => {
    const plugin = await create({ config: '/dev/null', address: '10.0.0.5:7012', peers: '10.0.0.6, cass1' });
    expect(plugin.observer).toBe('cassandra@10.0.0.5:7012');
    const stream = plugin.openStream();
    const parsed = stream.parse('INFO  [main] 2024-07-01 12:00:00,000 A.java:1 - x');
    if (parsed.kind !== 'record') throw new Error('no record');
    expect(
      ['10.0.0.6', 'cass1', '10.0.0.7'].map((token) => stream.resolveSubject(token, parsed.record).kind),
    ).toEqual(['entity', 'entity', 'unknown']);
  });

  it('leaves the node to the log when nothing names it', async () => {
    expect((await create({ config: '/dev/null' })).observer).toBeNull();
  });

  it.each([
    [{ address: 'a b' }, 'USAGE', "--address: 'a b' is no address"],
    [{ address: '10.0.0.1:x' }, 'USAGE', "--address: '10.0.0.1:x' is no address"],
    [{ peers: '10.0.0.1,,a b' }, 'USAGE', "--peers: 'a b' is no address"],
    [{ address: 'nowhere', config: '/dev/null' }, 'CONFIG_INVALID', '--address nowhere does not resolve'],
    [
      { config: '/no/such/file' },
      'CONFIG_INVALID',
      "cannot read Cassandra's configuration /no/such/file: there is no such file",
    ],
  ])('says what is wrong with %j', async (options, code, message) => {
    await expect(create(options)).rejects.toMatchObject({ code, message });
  });

  it('refuses a time zone that there is not', async () => {
    await expect(create({ config }, 'Mars/Olympus')).rejects.toMatchObject({
      code: 'USAGE',
      message: "there is no time zone 'Mars/Olympus'",
    });
  });

  it('offers only fields as verbatim that stand letter for letter in the line', () => {
    const plugin = factory.createForExamples?.();
    const line =
      'WARN  [RMI TCP Connection(5)-10.0.0.1] 2024-07-01 12:00:00,000 FailureDetector.java:290 - Not marking';
    const parsed = plugin?.openStream().parse(line);
    if (parsed?.kind !== 'record') throw new Error('no record');
    const { fields } = parsed.record;
    expect(plugin?.verbatimFields.filter((name) => !line.includes(fields[name] ?? '?missing'))).toEqual([]);
    expect(plugin?.verbatimFields).not.toContain('phase');
  });
});
