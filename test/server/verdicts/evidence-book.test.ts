import { describe, expect, it } from '@jest/globals';
import { Status } from '../../../protocol/model.js';
import type { MetricParts } from '../../support/observations.js';
import { observation, report } from '../../support/observations.js';
import { evidence } from '../../support/fake-verdicts.js';
import { EvidenceBook } from '../../../server/verdicts/evidence-book.js';

const LINK: MetricParts = ['Link', Status.UNHEALTHY, 20];
const DISK: MetricParts = ['Disk', Status.HEALTHY, 90];

const at = (seconds: number) => ({ seconds, nanos: 0 });
const said = (seconds: number, ...metrics: MetricParts[]) =>
  report({ observation: observation(seconds, ...metrics) });

describe('the evidence of what observers say now', () => {
  it('is that of the newest word on each metric', () => {
    const book = new EvidenceBook();
    book.add(said(1, LINK, DISK), evidence({ line: 'first' }));
    book.add(said(2, LINK), evidence({ line: 'second' }));
    expect(book.find('peer@2', 'peer@1', 'Link', at(2))?.line).toBe('second');
    expect(book.find('peer@2', 'peer@1', 'Disk', at(1))?.line).toBe('first');
  });

  it('stays when an older word comes late', () => {
    const book = new EvidenceBook();
    book.add(said(2, LINK), evidence({ line: 'second' }));
    book.add(said(1, LINK), evidence({ line: 'first' }));
    expect(book.find('peer@2', 'peer@1', 'Link', at(2))?.line).toBe('second');
  });

  it('is not that of another word', () => {
    const book = new EvidenceBook();
    book.add(said(2, LINK), evidence());
    expect(book.find('peer@2', 'peer@1', 'Link', at(1))).toBeNull();
    expect(book.find('peer@2', 'peer@1', 'Disk', at(2))).toBeNull();
    expect(book.find('peer@2', 'peer@3', 'Link', at(2))).toBeNull();
    expect(book.find('peer@3', 'peer@1', 'Link', at(2))).toBeNull();
  });

  it('goes when a newer word comes without one', () => {
    const book = new EvidenceBook();
    book.add(said(1, LINK), evidence());
    book.add(said(2, LINK), null);
    expect([...book.of('peer@2')]).toEqual([]);
    expect(book.characters).toBe(0);
  });

  it('goes with the subject', () => {
    const book = new EvidenceBook();
    book.add(said(1, LINK), evidence());
    book.forget('peer@2');
    expect(book.find('peer@2', 'peer@1', 'Link', at(1))).toBeNull();
    expect(book.characters).toBe(0);
  });

  it('is bounded: that of the subject of which nothing was said for longest goes first', () => {
    const book = new EvidenceBook(600);
    const of = (subject: string, seconds: number) =>
      book.add(report({ subject, observation: observation(seconds, LINK) }), evidence({ line: 'l' }));
    of('a', 1);
    of('b', 2);
    of('a', 3);
    of('c', 4);
    expect(['a', 'b', 'c'].map((subject) => [...book.of(subject)].length)).toEqual([1, 0, 1]);
    expect(book.characters).toBeLessThanOrEqual(600);
  });

  it('is the same after it was kept and restored', () => {
    const book = new EvidenceBook();
    book.add(said(1, LINK, DISK), evidence({ line: 'first' }));
    const other = new EvidenceBook();
    other.restore('peer@2', book.of('peer@2'));
    expect([...other.of('peer@2')]).toEqual([...book.of('peer@2')]);
    expect(other.characters).toBe(book.characters);
  });

  it('keeps a text that comes again and again once', () => {
    const book = new EvidenceBook();
    const why = 'The leader can no longer read from the follower.';
    for (const second of [1, 2]) book.add(said(second, LINK), evidence({ why: Buffer.from(why).toString() }));
    expect([...book.of('peer@2')].map((kept) => kept.evidence.why)).toEqual([why]);
  });
});
