import { describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageFile } from '../../runtime/package-root.js';

// Five programs, each of which starts slowly on a busy machine.
jest.setTimeout(60_000);

describe('the sample of a program that reports for itself', () => {
  it('shows a backend hang, fail and recover whose heartbeat is fine', async () => {
    const program = packageFile('samples', 'self-report', 'run.mjs');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { timeout: 50_000 });
    expect(stderr).toBe('');
    const verdicts = stdout.matchAll(
      /^(stock@\d \w+).*\n {2}\[shop@1 shop@2\] ==> stock@\d: \S+ \{ stock: (\w+), [\d.]+; \}/gm,
    );
    expect([...verdicts].map(([, mood, status]) => `${mood}: ${status}`)).toEqual([
      'stock@2 well: HEALTHY',
      'stock@2 hangs: PENDING',
      'stock@2 fails: UNHEALTHY',
      'stock@2 well: HEALTHY',
      'stock@1 well: HEALTHY',
    ]);
    expect(stdout.match(/is it alive\? yes/g)).toHaveLength(4);
  });
});
