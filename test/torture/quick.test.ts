import { describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { packageFile } from '../../runtime/package-root.js';
import { playMany } from './model.js';
import { playRestarts } from './restarts.js';
import { runScenario } from './run-scenario.js';
import { SCENARIOS } from './scenarios.js';

// Programs start slowly on a busy machine.
jest.setTimeout(120_000);

/** The same stories each time; `npm run torture -- model` plays others. */
const SEED = 20_780;

describe('every line of a log reaches the journal once', () => {
  it.each(SCENARIOS.filter(({ isQuick }) => isQuick === true))('$name: $what', async (scenario) => {
    const result = await runScenario(scenario, SEED);
    expect(result).toMatchObject({ kind: 'run', isKept: true, reason: '' });
  });

  it('over random rotations, cuts, crashes and restarts', async () => {
    await playMany(25, SEED);
  });
});

describe('an aggregator that is killed under load', () => {
  it('knows after each restart what it knew, and has what it acknowledged, once', async () => {
    const { reports } = await playRestarts(6, SEED);
    expect(reports).toBeGreaterThan(100);
  });
});

describe('the table of scenarios', () => {
  it('tells the outcome of each, in the words of the scenario', () => {
    const table = readFileSync(packageFile('test', 'torture', 'README.md'), 'utf8');
    const missing = SCENARIOS.filter(({ name, what }) => !table.includes(`| ${name} | ${what} |`));
    expect(missing.map(({ name }) => name)).toEqual([]);
    const readme = readFileSync(packageFile('README.md'), 'utf8');
    expect(readme).toContain(`${SCENARIOS.length} scenarios with real processes`);
  });
});
