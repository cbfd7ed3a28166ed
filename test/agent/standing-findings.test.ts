import { describe, expect, it } from '@jest/globals';
import { StandingFindings } from '../../agent/standing-findings.js';
import { Status } from '../../protocol/model.js';
import { finding } from '../support/findings.js';

const T = 1_700_000_000_000;

/** What a list of withdrawals says, briefly. */
function said(findings: readonly ReturnType<typeof finding>[]): string[] {
  return findings.map(
    (one) => `${one.observer}->${one.subject} ${one.context} ${one.status} +${one.timeMs - T}`,
  );
}

describe('a finding that expires', () => {
  it('is withdrawn with NA at the moment its time is over, once', () => {
    const standing = new StandingFindings();
    standing.note(finding({ timeMs: T, expiresMs: 30_000 }));
    expect(standing.expire(T + 29_999)).toEqual([]);
    expect(said(standing.expire(T + 60_000))).toEqual([`peer@1->peer@2 LearnerHandler ${Status.NA} +30000`]);
    expect(standing.expire(T + 90_000)).toEqual([]);
  });

  it('stands for longer when it is repeated', () => {
    const standing = new StandingFindings();
    standing.note(finding({ timeMs: T, expiresMs: 30_000 }));
    standing.note(finding({ timeMs: T + 20_000, expiresMs: 30_000 }));
    expect(standing.expire(T + 49_999)).toEqual([]);
    expect(standing.expire(T + 50_000)).toHaveLength(1);
  });

  it('is not withdrawn after a newer word in the same context', () => {
    const standing = new StandingFindings();
    standing.note(finding({ timeMs: T, expiresMs: 30_000 }));
    standing.note(finding({ timeMs: T + 1, status: Status.HEALTHY }));
    expect(standing.expire(T + 60_000)).toEqual([]);
  });

  it('tells when the next one ends', () => {
    const standing = new StandingFindings();
    expect(standing.nextEndMs()).toBe(Infinity);
    standing.note(finding({ timeMs: T, expiresMs: 30_000 }));
    standing.note(finding({ timeMs: T, expiresMs: 10_000, context: 'DiskSync' }));
    expect(standing.nextEndMs()).toBe(T + 10_000);
  });

  it('leaves those without an end alone', () => {
    const standing = new StandingFindings();
    standing.note(finding({ timeMs: T }));
    expect(standing.expire(T + 1e12)).toEqual([]);
  });
});

describe('a finding that withdraws others', () => {
  const loss = finding({ timeMs: T });
  const other = finding({ timeMs: T, subject: 'peer@3' });

  it('ends the named contexts of its own subject', () => {
    const standing = new StandingFindings();
    standing.note(loss);
    standing.note(other);
    const back = finding({
      timeMs: T + 5,
      context: 'Election',
      status: Status.HEALTHY,
      withdraws: { contexts: ['LearnerHandler'], subjects: 'same' },
    });
    expect(said(standing.note(back))).toEqual([`peer@1->peer@2 LearnerHandler ${Status.NA} +5`]);
    expect(standing.note(back)).toEqual([]);
  });

  it('ends them for every subject where it says so', () => {
    const standing = new StandingFindings();
    standing.note(loss);
    standing.note(other);
    const steppedDown = finding({
      timeMs: T + 5,
      subject: 'peer@1',
      context: 'PeerState',
      status: Status.PENDING,
      withdraws: { contexts: ['LearnerHandler'], subjects: 'all' },
    });
    expect(said(standing.note(steppedDown))).toEqual([
      `peer@1->peer@2 LearnerHandler ${Status.NA} +5`,
      `peer@1->peer@3 LearnerHandler ${Status.NA} +5`,
    ]);
  });

  it("leaves other observers' findings and healthy ones alone", () => {
    const standing = new StandingFindings();
    standing.note(finding({ timeMs: T, observer: 'peer@7' }));
    standing.note(finding({ timeMs: T, status: Status.HEALTHY }));
    const back = finding({
      context: 'Election',
      withdraws: { contexts: ['LearnerHandler'], subjects: 'all' },
    });
    expect(standing.note(back)).toEqual([]);
  });
});
