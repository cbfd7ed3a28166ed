import { describe, expect, it } from '@jest/globals';
import type { Finding } from '../../agent/finding.js';
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

const DEADLINE = { afterMs: 30_000, status: Status.UNHEALTHY, score: 15 };

/** An election that began `seconds` after the first moment and has to end within half a minute. */
function looking(seconds: number, parts: Partial<Finding> = {}): Finding {
  return finding({
    timeMs: T + seconds * 1000,
    subject: 'peer@1',
    context: 'PeerState',
    status: Status.PENDING,
    score: 60,
    message: `LOOKING ${seconds}`,
    rule: { id: 'looking', why: '' },
    deadline: DEADLINE,
    ...parts,
  });
}

/** What came of a deadline: seconds, status, score, message. */
function told(findings: readonly Finding[]): unknown[] {
  return findings.map(({ timeMs, status, score, message }) => [(timeMs - T) / 1000, status, score, message]);
}

describe('a pending finding with a deadline', () => {
  it('gets worse at the moment its time is over, once, with the place of its cause', () => {
    const standing = new StandingFindings();
    standing.note(looking(0));
    expect(standing.nextEndMs()).toBe(T + 30_000);
    expect(standing.expire(T + 29_999)).toEqual([]);
    const [missed, ...others] = standing.expire(T + 60_000);
    expect(others).toEqual([]);
    expect(missed).toMatchObject({
      ...{ timeMs: T + 30_000, status: Status.UNHEALTHY, score: 15 },
      message: 'not resolved within 30s: LOOKING 0',
      rule: { id: 'looking' },
      origin: looking(0).origin,
    });
    expect(standing.expire(T + 1e9)).toEqual([]);
  });

  it.each([
    ['a good word', { status: Status.HEALTHY, deadline: null }],
    ['another complaint', { status: Status.DYING, deadline: null, rule: { id: 'dying', why: '' } }],
    ['the next step', { deadline: null, rule: { id: 'synchronizing', why: '' } }],
  ])('keeps it when %s comes in time', (_, parts) => {
    const standing = new StandingFindings();
    standing.note(looking(0));
    standing.note(looking(29, parts));
    expect(standing.expire(T + 1e9)).toEqual([]);
  });

  it('wins no time by being repeated', () => {
    const standing = new StandingFindings();
    for (const seconds of [0, 10, 20, 29]) standing.note(looking(seconds));
    expect(told(standing.expire(T + 30_000))).toEqual([
      [30, Status.UNHEALTHY, 15, 'not resolved within 30s: LOOKING 0'],
    ]);
  });

  it('gets time of its own when another entry began what comes next', () => {
    const standing = new StandingFindings();
    standing.note(looking(0));
    standing.note(looking(20, { rule: { id: 'synchronizing', why: '' } }));
    expect(standing.expire(T + 49_999)).toEqual([]);
    expect(told(standing.expire(T + 50_000))).toHaveLength(1);
  });

  it('does not get better by being repeated after its time', () => {
    const standing = new StandingFindings();
    standing.note(looking(0));
    standing.expire(T + 30_000);
    expect(told([standing.inForce(looking(40))])).toEqual([
      [40, Status.UNHEALTHY, 15, 'not resolved within 30s: LOOKING 40'],
    ]);
  });

  it('is what it is before its time, after a good word, and for another entry', () => {
    const standing = new StandingFindings();
    expect(standing.inForce(looking(0)).status).toBe(Status.PENDING);
    standing.note(looking(0));
    expect(standing.inForce(looking(1)).status).toBe(Status.PENDING);
    standing.expire(T + 30_000);
    const other = looking(31, { rule: { id: 'synchronizing', why: '' } });
    expect(standing.inForce(other).status).toBe(Status.PENDING);
    standing.note(looking(32, { status: Status.HEALTHY, deadline: null }));
    expect(standing.inForce(looking(33)).status).toBe(Status.PENDING);
  });

  it('expires only after its deadline, its time counted from there', () => {
    const standing = new StandingFindings();
    standing.note(looking(0, { expiresMs: 10_000 }));
    expect(standing.expire(T + 29_999)).toEqual([]);
    expect(standing.expire(T + 30_000)).toHaveLength(1);
    expect(standing.nextEndMs()).toBe(T + 40_000);
    expect(told(standing.expire(T + 40_000))).toEqual([
      [40, Status.NA, 0, 'expired: no newer word since "not resolved within 30s: LOOKING 0"'],
    ]);
  });

  it('misses the deadline and expires in one go when much time has passed', () => {
    const standing = new StandingFindings();
    standing.note(looking(0, { expiresMs: 10_000 }));
    standing.note(finding({ timeMs: T, expiresMs: 35_000 }));
    expect(standing.expire(T + 1e9).map(({ timeMs, status }) => [timeMs - T, status])).toEqual([
      [30_000, Status.UNHEALTHY],
      [35_000, Status.NA],
      [40_000, Status.NA],
    ]);
  });

  it('is withdrawn, and misses nothing, when a record takes it back', () => {
    const standing = new StandingFindings();
    standing.note(looking(0));
    const start = looking(5, {
      context: 'Process',
      deadline: null,
      withdraws: { contexts: ['PeerState'], subjects: 'all' },
    });
    expect(said(standing.note(start))).toEqual([`peer@1->peer@1 PeerState ${Status.NA} +5000`]);
    expect(standing.expire(T + 1e9)).toEqual([]);
  });

  it('says nothing when it is as bad already by the number of its repeats', () => {
    const standing = new StandingFindings();
    standing.note(looking(0));
    standing.note(looking(10, { status: Status.DYING }));
    expect(standing.expire(T + 1e9)).toEqual([]);
  });
});

describe('a finding that tells of a pause of its observer', () => {
  const pause = finding({
    timeMs: T + 10_000,
    subject: 'peer@1',
    context: 'Pause',
    message: 'paused',
    pause: { lastedMs: 5000, distrustMs: 10_000 },
  });

  it('takes back what its observer has begun to say against others since then', () => {
    const standing = new StandingFindings();
    standing.note(finding({ timeMs: T + 4000 }));
    standing.note(finding({ timeMs: T + 10_000, subject: 'peer@3', status: Status.PENDING }));
    const withdrawn = standing.note(pause);
    expect(said(withdrawn)).toEqual([
      `peer@1->peer@2 LearnerHandler ${Status.NA} +10000`,
      `peer@1->peer@3 LearnerHandler ${Status.NA} +10000`,
    ]);
    expect(withdrawn[0]?.message).toBe('withdrawn: the observer itself stood still: paused');
  });

  it.each([
    ['what was said before', { timeMs: T + 3999 }],
    ['what it says of itself', { timeMs: T + 9000, subject: 'peer@1' }],
    ['what others say', { timeMs: T + 9000, observer: 'peer@7' }],
    ['good words that will expire', { timeMs: T + 9000, status: Status.HEALTHY, expiresMs: 60_000 }],
  ])('leaves %s alone', (_, parts) => {
    const standing = new StandingFindings();
    standing.note(finding(parts));
    expect(standing.note(pause)).toEqual([]);
  });

  it('leaves alone what was as bad before the pause and is only said again', () => {
    const standing = new StandingFindings();
    standing.note(finding({ timeMs: T }));
    standing.note(finding({ timeMs: T + 9000 }));
    expect(standing.note(pause)).toEqual([]);
  });

  it('takes back what got worse meanwhile', () => {
    const standing = new StandingFindings();
    standing.note(finding({ timeMs: T, status: Status.MAYBE_UNHEALTHY }));
    standing.note(finding({ timeMs: T + 9000, status: Status.DEAD }));
    expect(standing.note(pause)).toHaveLength(1);
  });

  it("gives others' operations whose time ran out meanwhile the time to be heard of", () => {
    const standing = new StandingFindings();
    standing.note(looking(-15, { subject: 'peer@2' }));
    standing.note(pause);
    expect(standing.expire(T + 19_999)).toEqual([]);
    expect(said(standing.expire(T + 20_000))).toEqual([
      `peer@1->peer@2 PeerState ${Status.UNHEALTHY} +20000`,
    ]);
  });
});

describe('over a restart', () => {
  function restarted(before: StandingFindings): StandingFindings {
    const after = new StandingFindings();
    after.restore(JSON.parse(JSON.stringify(before.state())));
    return after;
  }

  it('everything ends and gets worse as it would have without it', () => {
    const before = new StandingFindings();
    before.note(finding({ timeMs: T, expiresMs: 20_000 }));
    before.note(finding({ timeMs: T, context: 'Lasting' }));
    before.note(looking(0));
    before.note(looking(1));
    before.note(looking(-40, { context: 'Sync', expiresMs: 60_000 }));
    before.expire(T);
    const after = restarted(before);
    expect(after.state()).toEqual(before.state());
    expect(after.nextEndMs()).toBe(T + 20_000);
    expect(after.inForce(looking(1, { context: 'Sync' })).status).toBe(Status.UNHEALTHY);
    expect(after.expire(T + 1e9)).toEqual(before.expire(T + 1e9));
  });

  it('what is no state is ignored', () => {
    const standing = new StandingFindings();
    for (const state of [null, 7, {}, [7], [null], [{}], [{ finding: { observer: 'peer@1' } }]]) {
      standing.restore(state);
    }
    expect(standing.state()).toEqual([]);
  });

  it('a finding of an older version has no deadline', () => {
    const members = { ...finding({ timeMs: T }), deadline: undefined, escalate: undefined, pause: undefined };
    const standing = new StandingFindings();
    standing.restore([{ finding: members, endsMs: T + 5 }]);
    expect(said(standing.expire(T + 5))).toEqual([`peer@1->peer@2 LearnerHandler ${Status.NA} +5`]);
  });

  it('long lines are not kept whole', () => {
    const standing = new StandingFindings();
    const line = 'x'.repeat(100_000);
    standing.note(finding({ message: line, origin: { text: '1:2', offset: 7, line } }));
    expect(JSON.stringify(standing.state()).length).toBeLessThan(4000);
  });
});

it('keeps a bounded number of findings, and takes back the one that was silent for longest', () => {
  const standing = new StandingFindings();
  for (let index = 0; index < 4096; index++) {
    expect(standing.note(finding({ timeMs: T, subject: `peer@${index}` }))).toEqual([]);
  }
  standing.note(finding({ timeMs: T + 1, subject: 'peer@0' }));
  expect(said(standing.note(finding({ timeMs: T + 2, subject: 'peer@4096' })))).toEqual([
    `peer@1->peer@1 LearnerHandler ${Status.NA} +2`,
  ]);
  expect(standing.state()).toHaveProperty('length', 4096);
});
