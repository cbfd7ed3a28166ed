/**
 * Runs real clusters, breaks them, and measures how soon the aggregator's verdict can be read:
 * `npm run test:e2e [-- SYSTEM[:VERSION][/SCENARIO] ...]`, SYSTEM being zookeeper, hdfs or cassandra.
 * Without arguments all scenarios of all three. Needs what samples/capture/SYSTEM/README.md names; what
 * is missing is said, not passed over. Ends with 1 when a promise is not kept.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { Cluster, SYSTEMS } from './cluster.js';
import type { ClusterScenario, SystemName } from './cluster.js';
import { Observers } from './observers.js';
import { tryScenario } from './try-scenario.js';
import type { ScenarioReport } from './try-scenario.js';

/** Share of the faults that have to be found at all; some leave no line while they last. */
const LEAST_FOUND = 0.9;

const words = process.argv.slice(2);
const reports: ScenarioReport[] = [];
for (const word of words.length === 0 ? Object.keys(SYSTEMS) : words) {
  const [, system = '', version, scenario] = /^(\w+)(?::([\w.-]+))?(?:\/([\w-]+))?$/.exec(word) ?? [];
  if (!isSystem(system)) throw new Error(`${word}: the systems are ${Object.keys(SYSTEMS).join(', ')}`);
  reports.push(...(await trySystem(system, version, scenario)));
}
printTable(reports);
const faults = reports.filter(({ subject }) => subject !== null);
const found = faults.filter(({ afterFaultMs }) => afterFaultMs !== null).length;
process.stdout.write(`\n${found} of ${faults.length} faults were found.\n`);
const isKept = reports.every(({ complaints }) => complaints.length === 0);
process.exitCode = isKept && found >= LEAST_FOUND * faults.length ? 0 : 1;

function isSystem(name: string): name is SystemName {
  return Object.hasOwn(SYSTEMS, name);
}

async function trySystem(
  system: SystemName,
  version: string | undefined,
  only: string | undefined,
): Promise<ScenarioReport[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hview-e2e-'));
  const cluster = new Cluster(system, folder);
  const found: ScenarioReport[] = [];
  try {
    const scenarios = (await cluster.scenarios()).filter(({ name }) => only === undefined || name === only);
    say(`${system}: starting`);
    await cluster.up(version);
    for (const scenario of scenarios) found.push(await tryOne(cluster, scenario));
  } finally {
    await cluster.down();
    rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

/** Observers of its own for each scenario, so that none begins with what the one before has left. */
async function tryOne(cluster: Cluster, scenario: ClusterScenario): Promise<ScenarioReport> {
  say(`${cluster.system} ${scenario.name}: ${scenario.what}`);
  await cluster.waitReady();
  const load = cluster.load();
  const observers = await Observers.start(cluster);
  try {
    const report = await tryScenario(cluster, scenario, observers);
    for (const complaint of report.complaints) say(`  BROKEN: ${complaint}`);
    if (report.complaints.length > 0) for (const line of report.accusations) say(`    ${line}`);
    return report;
  } finally {
    await observers.stop();
    load.stop();
  }
}

function promise({ subject, afterFaultMs, complaints }: ScenarioReport): string {
  if (complaints.length > 0) return complaints.join('; ');
  return subject !== null && afterFaultMs === null ? 'no line told of it' : 'kept';
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

function printTable(all: readonly ScenarioReport[]): void {
  const seconds = (value: number | null): string => (value === null ? '–' : `${(value / 1000).toFixed(2)} s`);
  const rows = all.map((report) =>
    [
      report.system,
      report.scenario,
      report.subject ?? 'nobody',
      seconds(report.afterFaultMs),
      seconds(report.afterLineMs),
      report.teller ?? '–',
      seconds(report.recoveredMs),
      report.blamed.map(({ subject, longestMs }) => `${subject} ${seconds(longestMs)}`).join(', ') ||
        'nobody',
      promise(report),
    ].join(' | '),
  );
  process.stdout.write(
    [
      'System | Scenario | Sick | Found after the fault | after the line | Who told (rule) | Healthy again after the mending | Others blamed, longest | Promise',
      '---|---|---|---|---|---|---|---|---',
      ...rows,
    ]
      .map((row) => `| ${row} |\n`)
      .join(''),
  );
}
