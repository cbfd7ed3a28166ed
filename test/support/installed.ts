import { describe } from '@jest/globals';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program is installed; null: it is not. */
export function installed(program: string): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  return null;
}

/** `describe` for tests with programs of others; where one is not installed they are skipped and that is said. */
export function describeWith(...programs: readonly string[]): typeof describe | typeof describe.skip {
  const missing = programs.filter((program) => installed(program) === null);
  if (missing.length === 0) return describe;
  process.stderr.write(`not tried: ${missing.join(', ')} is not installed\n`);
  return describe.skip;
}
