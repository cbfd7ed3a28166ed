import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../runtime/logger.js';
import { writeMemoryUsage } from '../../server/memory-usage.js';
import { FakeClock } from '../support/fake-clock.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-memory-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the memory usage file', () => {
  it('has a header, a line at once and one every five seconds until it is stopped', () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
    const file = join(folder, 'memusage.csv');
    const usage = writeMemoryUsage(file, clock, silentLogger);
    clock.advance(10_000);
    usage.stop();
    clock.advance(10_000);
    const [header, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(header).toBe('alloc,total_alloc,sys,gc');
    expect(lines.map((line) => line.split(',')[0])).toEqual([
      '2026-01-02T03:04:05.000Z',
      '2026-01-02T03:04:10.000Z',
      '2026-01-02T03:04:15.000Z',
    ]);
    for (const line of lines) expect(line).toMatch(/^[^,]+(?:,\d+\.\d{4}){3},\d+$/);
  });

  it('that cannot be written is told by its path', () => {
    const file = join(folder, 'missing', 'memusage.csv');
    expect(() => writeMemoryUsage(file, new FakeClock(), silentLogger)).toThrow(
      `cannot write the memory usage to ${file}: there is no such file`,
    );
  });
});
