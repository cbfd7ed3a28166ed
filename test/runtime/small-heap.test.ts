import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../programs/new-objects.js', import.meta.url));

const MEBIBYTE = 1024 * 1024;

describe('a heap that is kept small', () => {
  it.each([1, 4])(
    'has %d MiB for new objects, twice, however many live on, also beside a thread',
    (young) => {
      const bytes = Number(execFileSync(process.execPath, [PROGRAM, String(young)], { encoding: 'utf8' }));
      expect(bytes).toBeGreaterThan(0);
      // Left alone it is 32 MiB by then; some engines count a little besides.
      expect(bytes).toBeLessThanOrEqual(2.5 * young * MEBIBYTE);
    },
  );
});
