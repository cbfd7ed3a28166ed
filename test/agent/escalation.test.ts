import { describe, expect, it } from '@jest/globals';
import { Escalation } from '../../agent/escalation.js';
import type { Finding } from '../../agent/finding.js';
import { withdrawalOf } from '../../agent/finding.js';
import { Status } from '../../protocol/model.js';
import { finding } from '../support/findings.js';

const T = 1_700_000_000_000;

const STEPS = [
  { count: 3, withinMs: 60_000, status: Status.UNHEALTHY, score: 20 },
  { count: 5, withinMs: 120_000, status: Status.DYING, score: 5 },
];

/** A slow write, `seconds` after the first moment. */
function slow(seconds: number, parts: Partial<Finding> = {}): Finding {
  return finding({
    timeMs: T + seconds * 1000,
    context: 'DiskSync',
    status: Status.MAYBE_UNHEALTHY,
    score: 40,
    message: 'slow',
    rule: { id: 'slow', why: '' },
    escalate: STEPS,
    ...parts,
  });
}

function statuses(escalation: Escalation, findings: readonly Finding[]): number[] {
  return findings.map((one) => escalation.raise(one).status);
}

const { HEALTHY, MAYBE_UNHEALTHY, UNHEALTHY, DYING } = Status;

describe('a finding that is made again and again', () => {
  it('takes the step that its count has reached, and says so', () => {
    const escalation = new Escalation();
    const all = [0, 10, 20, 30, 40].map((seconds) => escalation.raise(slow(seconds)));
    expect(all.map(({ status, score, message }) => [status, score, message])).toEqual([
      [MAYBE_UNHEALTHY, 40, 'slow'],
      [MAYBE_UNHEALTHY, 40, 'slow'],
      [UNHEALTHY, 20, '3 times within 1m: slow'],
      [UNHEALTHY, 20, '3 times within 1m: slow'],
      [DYING, 5, '5 times within 2m: slow'],
    ]);
  });

  it('counts what lies exactly Within back, and nothing older', () => {
    expect(statuses(new Escalation(), [slow(0), slow(30), slow(60)]).at(-1)).toBe(UNHEALTHY);
    expect(statuses(new Escalation(), [slow(0), slow(30), slow(60.001)]).at(-1)).toBe(MAYBE_UNHEALTHY);
  });

  it('is itself again once the counts thin out', () => {
    const times = [0, 1, 2, 3, 4, 100, 130, 200, 300];
    expect(
      statuses(
        new Escalation(),
        times.map((seconds) => slow(seconds)),
      ),
    ).toEqual([
      ...[MAYBE_UNHEALTHY, MAYBE_UNHEALTHY, UNHEALTHY, UNHEALTHY],
      ...[DYING, DYING, MAYBE_UNHEALTHY, MAYBE_UNHEALTHY, MAYBE_UNHEALTHY],
    ]);
  });

  it('is counted by log time, whatever the order of the lines', () => {
    expect(statuses(new Escalation(), [slow(100), slow(99), slow(101)]).at(-1)).toBe(UNHEALTHY);
    expect(statuses(new Escalation(), [slow(100), slow(1), slow(101)]).at(-1)).toBe(MAYBE_UNHEALTHY);
  });

  it.each([
    ['observer', { observer: 'peer@7' }],
    ['subject', { subject: 'peer@7' }],
    ['context', { context: 'Other' }],
    ['entry', { rule: { id: 'slower', why: '' } }],
  ])('has another count for another %s', (_, other) => {
    const escalation = new Escalation();
    statuses(escalation, [slow(0, other), slow(1, other), slow(2)]);
    expect(statuses(escalation, [slow(3), slow(4, other), slow(5)])).toEqual([
      MAYBE_UNHEALTHY,
      UNHEALTHY,
      UNHEALTHY,
    ]);
  });

  it('is left alone where the rule has no steps', () => {
    const plain = slow(0, { escalate: null });
    const escalation = new Escalation();
    for (let round = 0; round < 10; round++) expect(escalation.raise(plain)).toBe(plain);
    expect(escalation.state()).toEqual([]);
  });
});

describe('the count starts anew', () => {
  const healthy = { status: HEALTHY, rule: { id: 'fast', why: '' }, escalate: null };

  it('with a good word on the topic', () => {
    const findings = [slow(0), slow(1), slow(2, healthy), slow(3), slow(4), slow(5)];
    expect(statuses(new Escalation(), findings)).toEqual([
      ...[MAYBE_UNHEALTHY, MAYBE_UNHEALTHY, HEALTHY],
      ...[MAYBE_UNHEALTHY, MAYBE_UNHEALTHY, UNHEALTHY],
    ]);
  });

  it('with a withdrawal', () => {
    const escalation = new Escalation();
    statuses(escalation, [slow(0), slow(1)]);
    escalation.forget(withdrawalOf(slow(1), T + 2000, 'expired'));
    expect(statuses(escalation, [slow(3), slow(4), slow(5)])).toEqual([
      MAYBE_UNHEALTHY,
      MAYBE_UNHEALTHY,
      UNHEALTHY,
    ]);
  });

  it('but not with another complaint, nor with a good word on another topic', () => {
    const complaint = { status: DYING, rule: { id: 'stuck', why: '' }, escalate: null };
    const elsewhere = { ...healthy, context: 'Other' };
    expect(
      statuses(new Escalation(), [slow(0), slow(1, complaint), slow(2, elsewhere), slow(3), slow(4)]).at(-1),
    ).toBe(UNHEALTHY);
  });

  it('and not with a good word that is itself made too often', () => {
    const reconnected = (seconds: number) =>
      slow(seconds, { status: HEALTHY, rule: { id: 'again', why: '' } });
    expect(statuses(new Escalation(), [reconnected(0), reconnected(1), reconnected(2)]).at(-1)).toBe(
      UNHEALTHY,
    );
  });
});

describe('over a restart', () => {
  it('goes on counting', () => {
    const before = new Escalation();
    statuses(before, [slow(0), slow(1)]);
    const after = new Escalation();
    after.restore(JSON.parse(JSON.stringify(before.state())));
    expect(after.state()).toEqual(before.state());
    expect(statuses(after, [slow(2)])).toEqual([UNHEALTHY]);
  });

  it('ignores what is no state', () => {
    const escalation = new Escalation();
    for (const state of [null, 7, {}, [7], [['a', 'b']], [['a', 7, [1]]], [['a', 'b', ['1']]]]) {
      escalation.restore(state);
    }
    expect(escalation.state()).toEqual([]);
  });
});

it('remembers a bounded number of times, forgetting the topic that was silent for longest', () => {
  const escalation = new Escalation();
  for (let index = 0; index < 21_000; index++) escalation.raise(slow(index / 1000, { subject: `s${index}` }));
  expect(escalation.state()).toHaveProperty('length', 20_000);
  const times = [21, 21.1].map((seconds) => slow(seconds, { subject: 's20999' }));
  expect(statuses(escalation, times).at(-1)).toBe(UNHEALTHY);
  const forgotten = [21, 21.1].map((seconds) => slow(seconds, { subject: 's0' }));
  expect(statuses(escalation, forgotten).at(-1)).toBe(MAYBE_UNHEALTHY);
});

it('remembers no more times of a topic than its highest count', () => {
  const escalation = new Escalation();
  for (let index = 0; index < 100; index++) escalation.raise(slow(index));
  expect(escalation.state()).toEqual([
    ['peer@1\npeer@2\nDiskSync', 'slow', [95, 96, 97, 98, 99].map((seconds) => T + seconds * 1000)],
  ]);
});
