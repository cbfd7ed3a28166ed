import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Finding } from '../../../agent/finding.js';
import { Status } from '../../../protocol/model.js';
import { findingsOf, incidentsOf, type Incident } from '../../support/incident.js';

/** A time during which one observer called one subject unhealthy or worse in one context. */
interface Complaint {
  readonly observer: string;
  readonly subject: string;
  readonly context: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const SECOND = 1000;
/** A leader that is woken blames the first follower it misses until it misses the others, too. */
const BRIEFLY_MS = 100;

/** All that the agents beside the servers would report, withdrawals included. */
async function orderedFindingsOf(incident: Incident): Promise<Finding[]> {
  const logs = await Promise.all(incident.logs.map((log) => findingsOf(incident, log)));
  return logs.flatMap(inFileOrder).sort((a, b) => a.timeMs - b.timeMs);
}

/** Threads write a little out of order; what counts is the order in the file. */
function inFileOrder(findings: readonly Finding[]): Finding[] {
  let latestMs = 0;
  return findings.map((finding) => {
    latestMs = Math.max(latestMs, finding.timeMs);
    return { ...finding, timeMs: latestMs };
  });
}

function complaintsIn(findings: readonly Finding[]): Complaint[] {
  const open = new Map<string, Finding>();
  const complaints: Complaint[] = [];
  for (const finding of findings) {
    const { observer, subject, context } = finding;
    const key = `${observer} ${subject} ${context}`;
    const first = open.get(key);
    if (finding.status >= Status.UNHEALTHY) {
      if (first === undefined) open.set(key, finding);
    } else if (first !== undefined) {
      open.delete(key);
      complaints.push({ observer, subject, context, fromMs: first.timeMs, toMs: finding.timeMs });
    }
  }
  for (const { observer, subject, context, timeMs } of open.values()) {
    complaints.push({ observer, subject, context, fromMs: timeMs, toMs: Infinity });
  }
  return complaints;
}

describe.each(incidentsOf('zookeeper'))('the logs of a real ensemble, $name', (incident) => {
  const { truth } = incident;
  const injections = truth.injections.map((injection) => ({
    ...injection,
    timeMs: Date.parse(injection.time),
  }));
  const [firstInjectionMs = Infinity] = injections.map(({ timeMs }) => timeMs);

  let findings: Finding[] = [];
  beforeAll(async () => {
    findings = await orderedFindingsOf(incident);
  });

  it('blame whom something is done to, and nobody else for long', () => {
    const complaints = complaintsIn(findings);
    const innocent = complaints.filter(
      ({ observer, subject, fromMs }) =>
        // Who is cut off has to think that the others are; what its word counts is the aggregator's matter.
        !(truth.scenario.startsWith('cut-off') && observer === truth.subject) &&
        !injections.some(({ target, timeMs }) => target === subject && timeMs <= fromMs),
    );
    expect(innocent.filter(({ fromMs, toMs }) => toMs - fromMs > BRIEFLY_MS)).toEqual([]);
    const blamed = complaints.map(({ subject }) => subject);
    expect(truth.subject === null || blamed.includes(truth.subject)).toBe(true);
  });

  it('blame nobody before', () => {
    const complaints = complaintsIn(findings);
    expect(complaints.filter(({ fromMs }) => fromMs < firstInjectionMs)).toEqual([]);
  });

  it('take the blame back seconds after a server was started again or went on', () => {
    const complaints = complaintsIn(findings);
    const returns = injections.filter(({ action }) => action === 'start' || action === 'SIGCONT');
    // With a wrong address it is started, but not well.
    if (truth.scenario === 'wrong-peer-address') return;
    const late = returns.flatMap(({ target, timeMs }) =>
      complaints.filter(
        ({ subject, fromMs, toMs }) => subject === target && fromMs < timeMs && toMs > timeMs + 5 * SECOND,
      ),
    );
    expect(late).toEqual([]);
  });

  it('blame nobody any more a minute after it is over', () => {
    const complaints = complaintsIn(findings);
    const limitMs = Date.parse(truth.recoveredAt ?? '') + 61 * SECOND;
    expect(complaints.filter(({ toMs }) => truth.recoveredAt !== null && toMs > limitMs)).toEqual([]);
  });

  it('raise doubts only while the ensemble starts, or after something was done to it', () => {
    const startMs = Math.min(...findings.map(({ timeMs }) => timeMs));
    const doubts = findings.filter(
      ({ status, timeMs }) =>
        status === Status.MAYBE_UNHEALTHY && timeMs > startMs + 15 * SECOND && timeMs < firstInjectionMs,
    );
    expect(doubts).toEqual([]);
  });
});
