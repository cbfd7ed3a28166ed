import { describe, expect, it } from '@jest/globals';
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
  readonly injections: readonly { readonly time: string }[];
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
/** A leader that is woken blames its followers until it finds that it leads no more. */
const BRIEFLY_MS = 3 * SECOND;

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
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const parsed = stream.parse(line);
      if (parsed.kind !== 'record') continue;
      findings.push(...standing.expire(parsed.record.timeMs));
      const observed = observe(parsed.record, matcher, stream);
      if (observed.kind === 'finding') findings.push(...standing.note(observed.finding), observed.finding);
    }
    // Time goes on after the last line.
    findings.push(...standing.expire(Number.MAX_SAFE_INTEGER));
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
  const [firstInjection] = truth.injections.map(({ time }) => Date.parse(time));
  const recoveredMs = truth.recoveredAt === null ? null : Date.parse(truth.recoveredAt);

  it('blame whom it is done to, and nobody else for long', async () => {
    const complaints = complaintsIn(await findingsOf(scenario, truth));
    const lasting = complaints.filter(({ fromMs, toMs }) => toMs - fromMs > BRIEFLY_MS);
    const blamed = [...new Set(lasting.map(({ subject }) => subject))];
    expect(blamed).toEqual(truth.subject === null ? [] : [truth.subject]);
  });

  it('blame nobody before it is done', async () => {
    const complaints = complaintsIn(await findingsOf(scenario, truth));
    expect(
      complaints.filter(({ fromMs }) => firstInjection === undefined || fromMs < firstInjection),
    ).toEqual([]);
  });

  it('blame nobody any more a minute after it is over', async () => {
    const complaints = complaintsIn(await findingsOf(scenario, truth));
    const limitMs = (recoveredMs ?? 0) + 61 * SECOND;
    expect(complaints.filter(({ toMs }) => toMs > limitMs)).toEqual([]);
  });

  it('raise a doubt, no more, while an ensemble starts', async () => {
    const findings = await findingsOf(scenario, truth);
    const doubts = findings.filter(({ status }) => status === Status.MAYBE_UNHEALTHY);
    const startMs = Math.min(...findings.map(({ timeMs }) => timeMs));
    const late = doubts.filter(({ timeMs }) => timeMs > startMs + 15 * SECOND);
    const unexplained = late.filter(({ timeMs }) => firstInjection === undefined || timeMs < firstInjection);
    expect(unexplained).toEqual([]);
  });
});
