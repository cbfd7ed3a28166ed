import { describe, expect, it } from '@jest/globals';
import { encodePeerBatch } from '../../protocol/peering-codec.js';
import { RelayLog } from '../../server/relay/relay-log.js';
import { entry } from '../support/batches.js';

function logOf(...ids: readonly string[]): RelayLog {
  const log = new RelayLog();
  for (const id of ids) log.add(entry(id), 0);
  return log;
}

describe('what follows in the log of reports for peers', () => {
  it('is all that came after a place in it, in order', () => {
    const log = logOf('a', 'b', 'c');
    const { entries, sequence } = log.batchAfter(1);
    expect(entries.map(({ id }) => id)).toEqual(['b', 'c']);
    expect(sequence).toBe(3);
    expect(log.batchAfter(3)).toMatchObject({ entries: [], sequence: 3 });
  });

  it('is no more than goes into one call, of which there is always one report', () => {
    const log = new RelayLog();
    for (let index = 0; index < 1001; index += 1) log.add(entry(`r${index}`), 0);
    expect(log.batchAfter(0)).toMatchObject({ sequence: 1000 });
    const large = logOf('small', 'x'.repeat(300_000), 'last');
    expect(large.batchAfter(0)).toMatchObject({ sequence: 1 });
    expect(large.batchAfter(1)).toMatchObject({ sequence: 2 });
  });

  it('is the same object for all who ask for the same, until there is more', () => {
    const log = logOf('a', 'b');
    const first = log.batchAfter(1);
    expect(log.batchAfter(1)).toBe(first);
    expect(log.batchAfter(0).entries).toHaveLength(2);
    expect(log.batchAfter(1).entries).toEqual(first.entries);
    log.add(entry('c'), 0);
    expect(log.batchAfter(1).entries.map(({ id }) => id)).toEqual(['b', 'c']);
  });
});

describe('a batch for several peers', () => {
  it('is encoded once, and anew when it says something else', () => {
    const { entries } = logOf('a').batchAfter(0);
    const batch = { source: 'pano0', position: { epoch: 'e', sequence: 1 }, entries };
    const encoded = encodePeerBatch(batch);
    expect(encodePeerBatch({ ...batch, position: { epoch: 'e', sequence: 1 } })).toBe(encoded);
    expect(encodePeerBatch({ ...batch, position: { epoch: 'e', sequence: 2 } })).not.toEqual(encoded);
    expect(encodePeerBatch({ ...batch, position: null })).not.toEqual(encoded);
    expect(encodePeerBatch({ ...batch, source: 'pano1' })).not.toEqual(encoded);
    expect(encodePeerBatch({ ...batch, entries: [entry('b')] })).not.toEqual(encoded);
  });
});
