import { describe, expect, it } from '@jest/globals';
import { LatestRows } from '../../server/persistence/latest-rows.js';

describe('rows of which only the newest counts', () => {
  it('are written once, the newest of each name', () => {
    const rows = new LatestRows<string>();
    rows.set('a', 'old');
    rows.set('b', 'b');
    rows.set('a', 'new');
    expect(rows.size).toBe(2);
    expect(rows.take()).toEqual(['new', 'b']);
    expect(rows.take()).toEqual([]);
  });

  it('wait again when the transaction failed, unless a newer one has come', () => {
    const rows = new LatestRows<string>();
    rows.set('a', 'a1');
    rows.set('b', 'b1');
    rows.take();
    rows.set('b', 'b2');
    rows.failed();
    expect(rows.take()).toEqual(['a1', 'b2']);
    rows.failed();
    expect(rows.size).toBe(2);
  });
});
