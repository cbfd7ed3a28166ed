import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../../../agent/finding.js';
import { observe } from '../../../agent/observe.js';
import { StandingFindings } from '../../../agent/standing-findings.js';
import { compileRuleSet } from '../../../filters/compile.js';
import { loadRuleSet } from '../../../filters/load-rule-set.js';
import { zooKeeperFactory } from '../../../plugins/zookeeper/zookeeper-plugin.js';
import { Status } from '../../../protocol/model.js';
import { packageFile } from '../../../runtime/package-root.js';

/** What was done to an ensemble while its logs were captured. */
interface Truth {
  readonly timeZone: string;
  /** Who was made ill; null: nobody. */
  readonly subject: string | null;
  readonly injections: readonly { readonly time: string; readonly action: string; readonly target: string }[];
  readonly recoveredAt: string | null;
}

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

const rulesPath = packageFile('filters', 'rules', 'zookeeper.json');
const matcher = compileRuleSet(loadRuleSet(readFileSync(rulesPath, 'utf8'), rulesPath));
const root = packageFile('samples', 'zookeeper');
const scenarios = readdirSync(root).flatMap((version) =>
  readdirSync(join(root, version)).map((scenario) => join(version, scenario)),
);

function truthOf(scenario: string): Truth {
  return JSON.parse(readFileSync(join(root, scenario, 'truth.json'), 'utf8')) as Truth;
}

/** All that the agents beside the servers would have reported, withdrawals included, server by server. */
async function findingsOf(scenario: string, truth: Truth): Promise<Finding[]> {
  const folder = join(root, scenario);
  const findings: Finding[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.out'))) {
    const myid = /(\d+)\.out$/.exec(file)?.[1] ?? '';
    const options = { ensemble: join(folder, 'zoo.cfg'), myid };
    const plugin = await zooKeeperFactory.create({
      options,
      timeZone: truth.timeZone,
      notice: () => undefined,
    });
    const stream = plugin.openStream();
    const standing = new StandingFindings();
    // Threads write a little out of order; what counts is the order in the file.
    let latestMs = 0;
    const report = (finding: Finding) => {
      latestMs = Math.max(latestMs, finding.timeMs);
      findings.push({ ...finding, timeMs: latestMs });
    };
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const parsed = stream.parse(line);
      if (parsed.kind !== 'record') continue;
      standing.expire(parsed.record.timeMs).forEach(report);
      const observed = observe(parsed.record, matcher, stream);
      if (observed.kind === 'finding') [...standing.note(observed.finding), observed.finding].forEach(report);
    }
    // Time goes on after the last line.
    standing.expire(Number.MAX_SAFE_INTEGER).forEach(report);
    plugin.close();
  }
  return findings.sort((a, b) => a.timeMs - b.timeMs);
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

describe.each(scenarios)('the logs of a real ensemble, %s', (scenario) => {
  const truth = truthOf(scenario);
  const injections = truth.injections.map((injection) => ({ ...injection, timeMs: Date.parse(injection.time) }));
  const [firstInjectionMs = Infinity] = injections.map(({ timeMs }) => timeMs);

  let findings: Finding[] = [];
  beforeAll(async () => {
    findings = await findingsOf(scenario, truth);
  });

  it('blame whom something is done to, and nobody else for long', () => {
    const complaints = complaintsIn(findings);
    const innocent = complaints.filter(
      ({ subject, fromMs }) => !injections.some(({ target, timeMs }) => target === subject && timeMs <= fromMs),
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
