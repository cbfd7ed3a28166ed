import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { findingToJson } from '../../cli/finding-format.js';
import { allFindingsOf, findingsOf, incidentsOf, sicknessesIn } from '../support/incident.js';
import type { Incident } from '../support/incident.js';

/** Set to rewrite the golden files after a change of rules or plugin; look at the difference before you commit. */
const isUpdating = process.env['UPDATE_GOLDEN'] === '1';

/** Golden files that are longer are kept compressed, bytes. */
const LONG = 100_000;

/** How long an innocent may be blamed, milliseconds: by a woken leader, until it learns of its successor. */
const BLAME_LIMIT_MS = 2500;

const incidents = (['zookeeper', 'hdfs', 'cassandra'] as const).flatMap((system) =>
  incidentsOf(system).map((incident) => ({ incident, title: `${system} ${incident.name}` })),
);

function goldenOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : gunzipSync(readFileSync(`${path}.gz`)).toString();
}

function rewrite(path: string, text: string): void {
  if (text.length > LONG) writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
  else writeFileSync(path, text);
}

/** What the verdicts cannot be, because no log says it; see the system's README in samples. */
const UNTOLD = new Set(['cassandra 5.0.4 disk-full']);

describe('the captured incidents', () => {
  it('are there for several versions of ZooKeeper, and for the other systems', () => {
    const versions = new Set(incidentsOf('zookeeper').map(({ truth }) => truth.version));
    expect(versions.size).toBeGreaterThanOrEqual(6);
    expect(incidentsOf('hdfs').length).toBeGreaterThanOrEqual(10);
    expect(incidentsOf('cassandra').length).toBeGreaterThanOrEqual(10);
  });
});

describe.each(incidents)('$title', ({ incident, title }) => {
  const { truth, folder, logs } = incident;

  it.each(logs)('gives the observations on record from the log of $name', async (log) => {
    const golden = join(folder, `observations-${log.name}.jsonl`);
    const text = (await findingsOf(incident, log)).map(findingToJson).join('');
    if (isUpdating) rewrite(golden, text);
    expect(text).toBe(goldenOf(golden));
  });

  it('leads to the right verdicts', async () => {
    const sicknesses = sicknessesIn(await allFindingsOf(incident));
    // Nobody stays sick.
    expect(sicknesses.filter(({ toMs }) => toMs === Infinity)).toEqual([]);
    // Nobody else is blamed for longer than a moment.
    const culprits = culpritsOf(incident);
    const innocents = sicknesses.filter(({ subject }) => !culprits.has(subject));
    expect(innocents.filter(({ fromMs, toMs }) => toMs - fromMs > BLAME_LIMIT_MS)).toEqual([]);
    // The one who was hurt is found, after it was hurt.
    const [first] = truth.injections;
    if (truth.subject !== null && first !== undefined && !UNTOLD.has(title)) {
      const found = sicknesses.find(({ subject }) => subject === truth.subject);
      expect(found?.fromMs).toBeGreaterThanOrEqual(Date.parse(first.time));
      expect(found?.fromMs).toBeLessThan(Date.parse(truth.recoveredAt ?? ''));
    } else if (truth.scenario.startsWith('healthy')) {
      expect(sicknesses).toEqual([]);
    }
  });
});

/** A restart by hand is the only time that one server after the other may look sick. */
function culpritsOf({ truth }: Incident): ReadonlySet<string | null> {
  return truth.scenario === 'rolling-restart'
    ? new Set(truth.injections.map(({ target }) => target))
    : new Set([truth.subject]);
}
