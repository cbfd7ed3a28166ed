import type { AgentCounts } from '../../agent/agent-counts.js';
import { randomFrom } from './random.js';
import type { Scenario } from './scenario.js';
import type { Outcome } from './world.js';
import { World, obstacleTo } from './world.js';

export type ScenarioResult =
  | { readonly kind: 'skipped'; readonly reason: string }
  | {
      readonly kind: 'run';
      readonly outcome: Outcome;
      readonly isKept: boolean;
      /** What is wrong; empty when the promise was kept. */
      readonly reason: string;
    };

/** Runs one scenario in a world of its own. Rejects when it cannot be played through. */
export async function runScenario(scenario: Scenario, seed: number): Promise<ScenarioResult> {
  const { options = {}, promise } = scenario;
  const obstacle = obstacleTo(options);
  if (obstacle !== null) return { kind: 'skipped', reason: obstacle };
  const world = new World(options);
  try {
    await scenario.run(world, randomFrom(seed));
    const outcome = await world.outcome();
    const complaints = [
      ...(outcome.lost.length > 0 ? [`lost ${outcome.lost.slice(0, 5).join(', ')}`] : []),
      ...(outcome.duplicated.length > 0 ? [`twice ${outcome.duplicated.slice(0, 5).join(', ')}`] : []),
      ...(outcome.disordered.length > 0 ? [`late ${outcome.disordered.slice(0, 5).join(', ')}`] : []),
    ];
    if (promise === 'gap' && lossesIn(await world.accounts()) === 0) complaints.push('no loss was counted');
    return { kind: 'run', outcome, isKept: complaints.length === 0, reason: complaints.join('; ') };
  } finally {
    await world.close();
  }
}

function lossesIn({ sources }: AgentCounts): number {
  return sources.reduce((sum, { losses }) => sum + losses, 0);
}
