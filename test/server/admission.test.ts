import { describe, expect, it } from '@jest/globals';
import { HviewError } from '../../runtime/errors.js';
import { Admission } from '../../server/intake/admission.js';

function isLetIn(admission: Admission, reports: number, bytes: number): boolean {
  try {
    admission.enter(reports, bytes);
    return true;
  } catch (error) {
    expect(HviewError.from(error).code).toBe('OVERLOADED');
    return false;
  }
}

describe('admission', () => {
  it('lets in up to its limit of reports', () => {
    const admission = new Admission({ reports: 10, bytes: 1000 });
    expect([isLetIn(admission, 6, 1), isLetIn(admission, 4, 1), isLetIn(admission, 1, 1)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(admission.waiting).toEqual({ reports: 10, bytes: 2 });
  });

  it('lets in up to its limit of bytes', () => {
    const admission = new Admission({ reports: 10, bytes: 1000 });
    expect([isLetIn(admission, 1, 1000), isLetIn(admission, 1, 1)]).toEqual([true, false]);
  });

  it('lets nothing in, and says why, while there is an obstacle', () => {
    let obstacle: string | null = 'the floor is wet';
    const admission = new Admission({ reports: 10, bytes: 1000 }, () => obstacle);
    expect(() => admission.enter(1, 1)).toThrow('the floor is wet');
    expect(admission.waiting).toEqual({ reports: 0, bytes: 0 });
    obstacle = null;
    expect(isLetIn(admission, 1, 1)).toBe(true);
  });

  it('says how much is waiting', () => {
    const admission = new Admission({ reports: 1, bytes: 1 });
    admission.enter(1, 1);
    expect(() => admission.enter(1, 1)).toThrow('1 reports wait to be written');
  });

  it('lets nothing in again before half of it is done', () => {
    const admission = new Admission({ reports: 10, bytes: 1000 });
    const leave = Array.from({ length: 10 }, () => admission.enter(1, 100));
    expect(isLetIn(admission, 1, 1)).toBe(false);
    for (const one of leave.slice(0, 4)) one();
    expect(isLetIn(admission, 1, 1)).toBe(false);
    leave[4]?.();
    expect(isLetIn(admission, 1, 1)).toBe(true);
  });

  it('lets in what is larger than all that may wait when nothing waits', () => {
    const admission = new Admission({ reports: 10, bytes: 1000 });
    const leave = admission.enter(50, 5000);
    expect(isLetIn(admission, 1, 1)).toBe(false);
    leave();
    expect(isLetIn(admission, 1, 1)).toBe(true);
  });
});
