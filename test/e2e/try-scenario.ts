import type { Finding } from '../../agent/finding.js';
import { Status, statusName } from '../../protocol/model.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import type { Cluster, ClusterScenario } from './cluster.js';
import type { Observers } from './observers.js';

export interface ScenarioReport {
  readonly system: string;
  readonly scenario: string;
  /** Who was hurt; null: nobody. */
  readonly subject: string | null;
  /** From the fault to the verdict; null: it was not found, as no line told of it in time. */
  readonly afterFaultMs: number | null;
  /** From the first telling line's own time to the verdict. */
  readonly afterLineMs: number | null;
  /** Who told, and by which rule. */
  readonly teller: string | null;
  /** From the mending to the last bad verdict's end; null: it still stood at the end. */
  readonly recoveredMs: number | null;
  readonly blamed: readonly { readonly subject: string; readonly longestMs: number }[];
  /** Promises that were not kept. */
  readonly complaints: readonly string[];
  /** What was said against whom, for whoever looks into a broken promise. */
  readonly accusations: readonly string[];
}

/** How often the verdicts are asked for, milliseconds: the resolution of what is measured. */
const ASK_MS = 5;

const DETECTION_LIMIT_MS = 60_000;

/** Findings without a line that takes them back expire, most after a minute or two, the longest after six. */
const RECOVERY_LIMIT_MS = 400_000;

/** How long nobody has to have been sick before something is broken, milliseconds. */
const CALM_MS = 10_000;

/** How long a healthy cluster is watched, milliseconds. */
const HEALTHY_MS = 60_000;

/** How long an innocent may be blamed, and a restarted member after its restart, milliseconds. */
const BLAME_LIMIT_MS = 2500;
const RESTART_LIMIT_MS = 60_000;

/** A line that tells has to be a verdict by then, milliseconds. */
const LINE_LIMIT_MS = 1000;

/** How long each subject has been unhealthy. */
class Blame {
  readonly #since = new Map<string, number>();
  readonly #longest = new Map<string, number>();

  note(verdicts: ReadonlyMap<string, Status>, nowMs: number): void {
    for (const [subject, status] of verdicts) {
      const since = this.#since.get(subject);
      if (status < Status.UNHEALTHY) this.#since.delete(subject);
      else if (since === undefined) this.#since.set(subject, nowMs);
      const lastedMs = nowMs - (this.#since.get(subject) ?? nowMs);
      if (status >= Status.UNHEALTHY) {
        this.#longest.set(subject, Math.max(this.#longest.get(subject) ?? 0, lastedMs));
      }
    }
  }

  /** Whoever was ever unhealthy, but for one. */
  othersThan(subject: string | null): { subject: string; longestMs: number }[] {
    return [...this.#longest]
      .filter(([other]) => other !== subject)
      .map(([other, longestMs]) => ({ subject: other, longestMs }));
  }

  get standing(): readonly string[] {
    return [...this.#since.keys()];
  }
}

/** Breaks the cluster and mends it, and says what was seen. */
export async function tryScenario(
  cluster: Cluster,
  scenario: ClusterScenario,
  observers: Observers,
): Promise<ScenarioReport> {
  const blame = new Blame();
  const watch = async (): Promise<ReadonlyMap<string, Status>> => {
    const verdicts = await observers.verdicts();
    blame.note(verdicts, systemClock.now());
    return verdicts;
  };
  await untilCalm(observers);
  const subject = await cluster.victim(scenario, observers.nodes);
  const about = { system: cluster.system, scenario: scenario.name, subject };
  return subject === null
    ? { ...about, ...(await tryHarmless(cluster, scenario, observers, watch, blame)) }
    : { ...about, ...(await tryFault(cluster, scenario, subject, observers, watch, blame)) };
}

type Seen = Omit<ScenarioReport, 'system' | 'scenario' | 'subject'>;

async function tryHarmless(
  cluster: Cluster,
  scenario: ClusterScenario,
  observers: Observers,
  watch: () => Promise<unknown>,
  blame: Blame,
): Promise<Seen> {
  const progress = { isDone: false };
  const done = cluster.fault(scenario).finally(() => (progress.isDone = true));
  const endMs = systemClock.monotonic() + HEALTHY_MS;
  while (!progress.isDone || systemClock.monotonic() < endMs) {
    await watch();
    await sleep(systemClock, ASK_MS);
  }
  await done;
  await cluster.mend(scenario);
  const blamed = blame.othersThan(null);
  const limitMs = scenario.name === 'rolling-restart' ? RESTART_LIMIT_MS : 0;
  const complaints = blamed
    .filter(({ longestMs }) => longestMs > limitMs)
    .map(({ subject, longestMs }) => `${subject} was unhealthy for ${Math.round(longestMs / 1000)} s`);
  const stillBlamed = blame.standing.map((subject) => `${subject} is still unhealthy`);
  return {
    ...{ afterFaultMs: null, afterLineMs: null, teller: null, recoveredMs: null },
    blamed,
    complaints: [...complaints, ...stillBlamed],
    accusations: accusationsIn(observers.findings),
  };
}

async function tryFault(
  cluster: Cluster,
  scenario: ClusterScenario,
  subject: string,
  observers: Observers,
  watch: () => Promise<ReadonlyMap<string, Status>>,
  blame: Blame,
): Promise<Seen> {
  const isSick = async (): Promise<boolean> =>
    ((await watch()).get(subject) ?? Status.NA) >= Status.UNHEALTHY;
  observers.findings.length = 0;
  const faultMs = systemClock.now();
  await cluster.fault(scenario);
  const foundMs = await until(isSick, DETECTION_LIMIT_MS);
  const telling = observers.findings.find((finding) => tells(finding, subject));
  await cluster.mend(scenario);
  const mendedMs = systemClock.now();
  const recoveredMs = foundMs === null ? null : await until(async () => !(await isSick()), RECOVERY_LIMIT_MS);
  const afterLineMs = foundMs === null || telling === undefined ? null : foundMs - telling.timeMs;
  const blamed = blame.othersThan(subject);
  return {
    afterFaultMs: foundMs === null ? null : foundMs - faultMs,
    afterLineMs,
    teller: telling === undefined ? null : `${telling.observer} (${telling.rule.id})`,
    recoveredMs: recoveredMs === null ? null : recoveredMs - mendedMs,
    blamed,
    complaints: [
      ...(foundMs === null && telling !== undefined ? ['not found'] : []),
      ...(afterLineMs !== null && afterLineMs > LINE_LIMIT_MS ? ['found late'] : []),
      ...(foundMs !== null && recoveredMs === null ? ['recovery not noticed'] : []),
      ...blamed
        .filter(({ longestMs }) => longestMs > BLAME_LIMIT_MS)
        .map((other) => `${other.subject} was blamed for ${Math.round(other.longestMs / 1000)} s`),
    ],
    accusations: accusationsIn(observers.findings),
  };
}

/** What the scenario before has left is no part of this one. */
async function untilCalm(observers: Observers): Promise<void> {
  let calmSinceMs = systemClock.monotonic();
  await until(async () => {
    const verdicts = [...(await observers.verdicts()).values()];
    const now = systemClock.monotonic();
    if (verdicts.some((status) => status >= Status.UNHEALTHY)) calmSinceMs = now;
    return now - calmSinceMs >= CALM_MS;
  }, RECOVERY_LIMIT_MS);
  observers.findings.length = 0;
}

/** Each rule once for each pair of observer and subject, with how often it fired. */
function accusationsIn(findings: readonly Finding[]): string[] {
  const counts = new Map<string, number>();
  for (const { observer, subject, status, rule } of findings) {
    if (status < Status.MAYBE_UNHEALTHY) continue;
    const text = `${observer} -> ${subject} ${statusName(status)} ${rule.id}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${text} x${count}`);
}

function tells(finding: Finding, subject: string): boolean {
  return finding.subject === subject && finding.status >= Status.UNHEALTHY;
}

/** When it became true, milliseconds since 1970 UTC; null: not within the limit. */
async function until(isTrue: () => Promise<boolean>, limitMs: number): Promise<number | null> {
  const startMs = systemClock.monotonic();
  while (systemClock.monotonic() - startMs < limitMs) {
    if (await isTrue()) return systemClock.now();
    await sleep(systemClock, ASK_MS);
  }
  return null;
}
