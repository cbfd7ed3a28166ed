import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogPlugin } from '../../plugins/log-plugin.js';
import { loadPlugin } from '../../plugins/registry.js';
import { packageFile } from '../../runtime/package-root.js';

const readme = readFileSync(packageFile('plugins', 'README.md'), 'utf8');

describe('the plugin in the README', () => {
  let folder = '';
  let plugin: LogPlugin;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hview-readme-'));
    const code = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';
    writeFileSync(join(folder, 'my-system.mjs'), code);
    const factory = await loadPlugin('./my-system.mjs', folder);
    plugin = await factory.create({
      options: { nodes: 'node-1,node-2' },
      timeZone: 'UTC',
      notice: () => undefined,
    });
  });
  afterAll(() => {
    plugin.close();
    rmSync(folder, { recursive: true });
  });

  it('loads, and reads the line that the README shows', () => {
    const line = /lines such as `([^`]*)`/.exec(readme)?.[1] ?? '';
    expect(plugin.openStream().parse(line)).toEqual({
      kind: 'record',
      record: {
        timeMs: Date.UTC(2026, 0, 15, 10, 20, 30, 123),
        observer: 'node-2',
        tagSubject: 'node-2',
        tagContext: 'log',
        message: 'lost node-3: timeout',
        fields: { level: 'WARN', content: 'lost node-3: timeout' },
      },
    });
  });

  it('tells continuations, debug records, bad times and unknown subjects', () => {
    const stream = plugin.openStream();
    expect([
      stream.parse('\tat somewhere'),
      stream.parse('2026-01-15T10:20:30.123Z node-2 DEBUG x'),
      stream.parse('2026-99-15T10:20:30.123Z node-2 WARN x'),
    ]).toEqual([
      { kind: 'continuation' },
      { kind: 'dropped', reason: 'debug-level' },
      { kind: 'dropped', reason: 'bad-time' },
    ]);
    const parsed = stream.parse('2026-01-15T10:20:30.123Z node-2 WARN x');
    if (parsed.kind !== 'record') throw new Error('no record');
    expect(['node-1', 'node-7'].map((token) => stream.resolveSubject(token, parsed.record).kind)).toEqual([
      'entity',
      'unknown',
    ]);
  });
});

describe('the README', () => {
  it('names every file of the folder', () => {
    const files = [
      'log-plugin.ts',
      'registry.ts',
      'log-time.ts',
      'endpoint.ts',
      'entity-map.ts',
      'properties.ts',
    ];
    expect(files.filter((file) => !readme.includes(`\`${file}\``))).toEqual([]);
  });

  it('names every field that the ZooKeeper plugin gives to rules', async () => {
    const factory = await loadPlugin('zookeeper');
    const parsed = factory
      .createForExamples?.()
      .openStream()
      .parse('2026-01-15 10:20:30,123 [myid:1] - INFO  [main:QuorumPeerMain@1] - x');
    const fields = parsed?.kind === 'record' ? Object.keys(parsed.record.fields) : [];
    expect(fields).toHaveLength(15);
    expect(fields.filter((field) => !readme.includes(`\`${field}\``))).toEqual([]);
  });
});
