import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findingToJson } from '../../cli/finding-format.js';
import { findingsOf, incidentsOf, sicknessesIn } from '../support/incident.js';

/** Set to rewrite the golden files after a change of rules or plugin; look at the difference before you commit. */
const isUpdating = process.env['UPDATE_GOLDEN'] === '1';

/** How long an innocent may be blamed, milliseconds: by a woken leader, until it learns of its successor. */
const BLAME_LIMIT_MS = 100;

const incidents = incidentsOf('zookeeper');

describe('the captured incidents', () => {
  it('are there for several versions', () => {
    expect(new Set(incidents.map(({ truth }) => truth.version)).size).toBeGreaterThanOrEqual(4);
  });
});

describe.each(incidents)('$name', (incident) => {
  const { truth, folder } = incident;

  it.each(truth.servers)('gives the observations on record from the log of server $id', async ({ id }) => {
    const golden = join(folder, `observations-${id}.jsonl`);
    const text = (await findingsOf(incident, id)).map(findingToJson).join('');
    if (isUpdating) writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  it('leads to the right verdicts', async () => {
    const findings = (await Promise.all(truth.servers.map(({ id }) => findingsOf(incident, id)))).flat();
    const sicknesses = sicknessesIn(findings);
    const [first] = truth.injections;
    // A restart by hand is the only time that one server after the other may look sick.
    const culprits = new Set(
      truth.scenario === 'rolling-restart' ? truth.injections.map(({ target }) => target) : [truth.subject],
    );

    // Nobody stays sick.
    expect(sicknesses.filter(({ toMs }) => toMs === Infinity)).toEqual([]);
    // Nobody else is blamed for longer than a moment.
    const innocents = sicknesses.filter(({ subject }) => !culprits.has(subject));
    expect(innocents.filter(({ fromMs, toMs }) => toMs - fromMs > BLAME_LIMIT_MS)).toEqual([]);
    // The one who was hurt is found, after it was hurt.
    if (truth.subject !== null && first !== undefined) {
      const found = sicknesses.find(({ subject }) => subject === truth.subject);
      expect(found?.fromMs).toBeGreaterThanOrEqual(Date.parse(first.time));
      expect(found?.fromMs).toBeLessThan(Date.parse(truth.recoveredAt ?? ''));
    } else if (truth.scenario.startsWith('healthy')) {
      expect(sicknesses).toEqual([]);
    }
  });
});
