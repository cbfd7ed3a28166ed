import { describe, expect, it } from '@jest/globals';
import { memoryAtMost } from '../../runtime/process-memory.js';
import { loadConfig } from '../../server/config.js';

function memoryBytes(limits: object): number {
  const text = JSON.stringify({ Id: 'a', Peers: { a: 'h1:1' }, Limits: limits });
  return loadConfig(text, 'hs.cfg').limits.memoryBytes;
}

describe('MaxMemory in the configuration', () => {
  it.each<[object, number]>([
    [{ MaxMemory: '512MB' }, 512_000_000],
    [{ maxmemory: '2GiB' }, 2_147_483_648],
    [{ MaxMemory: 0 }, 0],
    [{ MaxMemory: '0' }, 0],
  ])('%j is so many bytes', (limits, bytes) => {
    expect(memoryBytes(limits)).toBe(bytes);
  });

  it('is four fifths of what the process can have when nothing is said', () => {
    expect(memoryBytes({}) / memoryAtMost()).toBeCloseTo(0.8, 6);
  });

  it.each([
    [{ MaxMemory: '99MB' }, 'Limits.MaxMemory: 99000000 bytes are less than 100000000'],
    [{ MaxMemory: 512 }, 'Limits.MaxMemory: 512 is not a size such as 500MB'],
    [{ MaxMemory: 'half' }, 'Limits.MaxMemory: "half" is not a size such as 500MB'],
  ])('%j is refused', (limits, message) => {
    expect(() => memoryBytes(limits)).toThrow(message);
  });
});
