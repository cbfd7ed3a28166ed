import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HviewError } from './errors.js';

let found: string | undefined;

/**
 * The folder of the installed package, where the data files that are no code lie: bundled rule sets,
 * .proto files, samples. Code runs from a folder below it whose depth differs between a build and a
 * checkout, so nobody else computes such a path.
 */
export function packageRoot(): string {
  found ??= process.env['HVIEW_PACKAGE_ROOT'] ?? search(dirname(fileURLToPath(import.meta.url)));
  return found;
}

/** Path of a data file of the package, given its parts below the package's folder. */
export function packageFile(...parts: readonly string[]): string {
  return join(packageRoot(), ...parts);
}

/** Version of the installed package. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

function search(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && /"name":\s*"hview"/.test(readFileSync(manifest, 'utf8'))) return folder;
    if (dirname(folder) === folder) {
      throw new HviewError('INTERNAL', `no package folder above ${start}`, { hint: 'Install hview again.' });
    }
  }
}
