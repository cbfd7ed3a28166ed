import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFile, packageRoot } from '../runtime/package-root.js';
import { ERROR_CODES } from '../runtime/errors.js';

const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'agent/README.md',
  'client/README.md',
  'filters/README.md',
  'plugins/README.md',
  'protocol/README.md',
  'server/README.md',
  'SECURITY.md',
  'samples/tls/README.md',
  'samples/capture/zookeeper/README.md',
  'samples/deploy/README.md',
  'samples/monitoring/README.md',
  'samples/self-report/README.md',
  'test/bench/README.md',
];

describe('the documentation', () => {
  it('lists every error code with its meaning, and no other', () => {
    const rows = readFileSync(packageFile('README.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm);
    expect(Object.fromEntries([...rows].map(([, code, meaning]) => [code, meaning]))).toEqual(ERROR_CODES);
  });

  it.each(DOCUMENTS)('has no dead link in %s', (document) => {
    const text = readFileSync(packageFile(...document.split('/')), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !existsSync(join(packageRoot(), dirname(document), link)))).toEqual([]);
  });

  it('names only scripts that there are', () => {
    const manifest = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { scripts: object };
    const named = DOCUMENTS.flatMap((document) => {
      const text = readFileSync(packageFile(...document.split('/')), 'utf8');
      return [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script ?? '');
    });
    expect(named.filter((script) => !(script in manifest.scripts))).toEqual([]);
  });
});
