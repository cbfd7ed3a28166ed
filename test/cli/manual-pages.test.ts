import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { packageFile } from '../../runtime/package-root.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-man-'));
  execFileSync(process.execPath, [packageFile('scripts', 'manual-pages.mjs'), folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasMan = spawnSync('man', ['--version']).status === 0;

describe('the manual pages', () => {
  it('are those that the package names', () => {
    const manifest = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { man: string[] };
    expect(readdirSync(folder).sort()).toEqual(manifest.man.map((file) => basename(file)).sort());
  });

  it('have their parts, and flags as terms', () => {
    const page = readFileSync(join(folder, 'hview-mkrc.1'), 'utf8');
    expect([...page.matchAll(/^\.SH (.+)$/gm)].map(([, title]) => title)).toEqual([
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'OPTIONS',
      'EXIT CODES',
      'EXAMPLES',
      'SEE ALSO',
    ]);
    expect(page).toContain('.SH NAME\nhview\\-mkrc \\- writes the configuration');
    expect(page).toContain('\n.TP\n.B \\-fix_port port\nThe port of every aggregator.');
  });

  (hasMan ? it : it.skip)(
    'are what man understands, line by line (skipped where man is not installed)',
    () => {
      for (const name of readdirSync(folder)) {
        const words = ['--warnings=all', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', join(folder, name)];
        const { status, stderr } = spawnSync('man', words, { encoding: 'utf8' });
        expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' });
      }
    },
  );
});
