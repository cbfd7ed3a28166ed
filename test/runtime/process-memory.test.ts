import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { memoryAtMost } from '../../runtime/process-memory.js';
import { packageFile } from '../../runtime/package-root.js';

describe("a process's memory", () => {
  it('falls when garbage is collected, without any flag on the command line', () => {
    const program = packageFile('dist', 'test', 'programs', 'memory-given-back.js');
    const [before = 0, after = 0] = execFileSync(process.execPath, [program], { encoding: 'utf8' })
      .split(' ')
      .map(Number);
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThanOrEqual(before * 0.75);
  });

  it("is at most the machine's", () => {
    expect(memoryAtMost()).toBeGreaterThan(0);
    expect(memoryAtMost()).toBeLessThanOrEqual(totalmem());
  });
});
