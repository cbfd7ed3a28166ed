import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPlugin } from '../../plugins/registry.js';
import { HviewError } from '../../runtime/errors.js';

const FACTORY = `{ name: 'mine', summary: 'my logs', options: [], create: async () => { throw new Error('x'); } }`;

describe('loading a plugin', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hview-registry-'));
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write('good.mjs', `export default ${FACTORY};`);
    write('broken.mjs', 'export default {');
    write('throws.mjs', `throw new Error('no such database');`);
    write('empty.mjs', 'export const plugin = 1;');
    write('nameless.mjs', `export default { summary: '', options: [], create() {} };`);
    write('no-create.mjs', `export default { name: 'x', summary: '', options: [] };`);
    write(
      'bad-option.mjs',
      `export default { name: 'x', summary: '', options: [{ name: 'a' }], create() {} };`,
    );
    for (const [name, manifest] of [
      ['hview-plugin-main', { type: 'module', main: 'index.js' }],
      ['hview-plugin-exports', { type: 'module', exports: { '.': { import: './index.js' } } }],
    ] as const) {
      mkdirSync(join(folder, 'node_modules', name), { recursive: true });
      write(join('node_modules', name, 'package.json'), JSON.stringify({ name, ...manifest }));
      write(join('node_modules', name, 'index.js'), `export default ${FACTORY};`);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function failure(name: string): Promise<HviewError> {
    const error: unknown = await loadPlugin(name, folder).catch((reason: unknown) => reason);
    if (!(error instanceof HviewError)) throw new Error(`${name} loaded, or failed with ${String(error)}`);
    return error;
  }

  it('finds a bundled one by its name', async () => {
    const factory = await loadPlugin('zookeeper', folder);
    expect(factory.options.map(({ name }) => name)).toEqual(['ensemble', 'myid']);
  });

  it.each(['./good.mjs', 'hview-plugin-main', 'hview-plugin-exports'])('finds %s', async (name) => {
    expect((await loadPlugin(name, folder)).name).toBe('mine');
  });

  it('finds a module by its absolute path', async () => {
    expect((await loadPlugin(join(folder, 'good.mjs'), '/')).name).toBe('mine');
  });

  it.each(['zokeeper', './nowhere.mjs', 'hview-plugin-nowhere', ''])(
    'says that there is none: %s',
    async (name) => {
      const error = await failure(name);
      expect(error).toMatchObject({ code: 'USAGE', message: `there is no plugin '${name}'` });
      expect(error.hint).toMatch(/^Bundled: zookeeper, .*cassandra/);
    },
  );

  it.each([
    ['./broken.mjs', /broken\.mjs cannot be loaded: /],
    ['./throws.mjs', /throws\.mjs cannot be loaded: no such database$/],
    ['./empty.mjs', /empty\.mjs: it has no default export that is an object$/],
    ['./nameless.mjs', /nameless\.mjs: its default export has no name$/],
    ['./no-create.mjs', /no-create\.mjs: its default export has no function create$/],
    ['./bad-option.mjs', /bad-option\.mjs: an entry of its options has no name or no help$/],
  ])('says what is wrong with %s', async (name, message) => {
    const error = await failure(name);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toMatch(message);
  });
});
