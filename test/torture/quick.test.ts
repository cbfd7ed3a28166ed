import { describe, expect, it, jest } from '@jest/globals';
import { playMany } from './model.js';
import { playRestarts } from './restarts.js';
import { runScenario } from './run-scenario.js';
import { SCENARIOS } from './scenarios.js';

// Programs start slowly on a busy machine.
jest.setTimeout(120_000);

/** Another seed each day, so that the days add up; it is printed when a run fails. */
const SEED = Math.floor(Date.now() / 86_400_000);

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
