import { describe, expect, it } from '@jest/globals';
import { MemoryLimit } from '../../server/memory-limit.js';
import { FakeClock } from '../support/fake-clock.js';
import { recordingLogger } from '../support/recording-logger.js';

/** A limit of 1000 bytes over memory that a test sets. */
function rig(maxBytes = 1000) {
  const clock = new FakeClock();
  const { logger, lines } = recordingLogger();
  const memory = { bytes: 500, collections: 0 };
  const limit = new MemoryLimit({
    maxBytes,
    memory: {
      residentBytes: () => memory.bytes,
      collectGarbage: () => void (memory.collections += 1),
    },
    clock,
    logger,
  });
  /** The memory changes, a second goes by, and it is looked at. */
  const look = (bytes: number): boolean => {
    memory.bytes = bytes;
    clock.advance(1000);
    limit.look();
    return limit.counts().isShort;
  };
  return { limit, memory, lines, look };
}

describe('a limit on memory', () => {
  it('is passed at so many bytes and over only below nine tenths of them', () => {
    const { look } = rig();
    expect([999, 1000, 950, 900, 899, 950, 999].map(look)).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('says why no reports are taken, while that is so', () => {
    const { limit, look } = rig(1_000_000_000);
    expect(limit.shortage()).toBeNull();
    look(1_200_000_000);
    expect(limit.shortage()).toBe('memory is short: more than 1000 MB are in use');
    look(500_000_000);
    expect(limit.shortage()).toBeNull();
  });

  it('is logged once when it is passed and once when that is over', () => {
    const { look, lines } = rig();
    for (const bytes of [500, 1001, 1002, 1003, 800, 700, 1004]) look(bytes);
    expect(lines.map(({ level, message, fields }) => [level, message, fields['residentBytes']])).toEqual([
      ['warn', 'memory is short: no reports are taken', 1001],
      ['info', 'there is memory again: reports are taken', 800],
      ['warn', 'memory is short: no reports are taken', 1004],
    ]);
  });

  it('counts how often it was passed', () => {
    const { limit, look } = rig();
    for (const bytes of [1000, 1000, 800, 1000]) look(bytes);
    expect(limit.counts()).toEqual({ residentBytes: 1000, limitBytes: 1000, isShort: true, shortages: 2 });
  });

  it('has garbage collected before it is reached, but not more often than every half a minute', () => {
    const { memory, look } = rig();
    look(899);
    expect(memory.collections).toBe(0);
    for (let second = 0; second < 30; second += 1) look(900);
    expect(memory.collections).toBe(1);
    look(1000);
    expect(memory.collections).toBe(2);
  });

  it('of zero is none', () => {
    const { limit, memory, look } = rig(0);
    expect(look(1e12)).toBe(false);
    expect([limit.shortage(), memory.collections]).toEqual([null, 0]);
  });
});
