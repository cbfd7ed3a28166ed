/**
 * Runs the scenarios and prints what became of the lines: `npm run torture [-- NAME ...] [-- --seed N]`.
 * `npm run torture -- model [RUNS] [SEED]` plays random stories instead, `npm run torture -- restarts [KILLS]
 * [SEED]` kills an aggregator under load. Ends with 1 when a promise was not kept.
 */
import { describeError } from '../../runtime/errors.js';
import { SCENARIOS } from './scenarios.js';
import { playMany } from './model.js';
import { playRestarts } from './restarts.js';
import { runScenario } from './run-scenario.js';

const words = process.argv.slice(2);
if (words[0] === 'model') {
  const runs = Number(words[1] ?? 1000);
  const seed = Number(words[2] ?? Date.now() % 1_000_000);
  process.stdout.write(`${runs} random stories, seed ${seed}\n`);
  await playMany(runs, seed);
  process.stdout.write('every line arrived once and in order\n');
  process.exit(0);
}
if (words[0] === 'restarts') {
  const kills = Number(words[1] ?? 50);
  const seed = Number(words[2] ?? Date.now() % 1_000_000);
  process.stdout.write(`${kills} times kill -9 of an aggregator under load, seed ${seed}\n`);
  const { reports, registrations, slowestStartMs } = await playRestarts(kills, seed);
  process.stdout.write(
    `as before after every restart: ${reports} reports with ids, once each, ${registrations} registrations; ` +
      `slowest start ${slowestStartMs} ms\n`,
  );
  process.exit(0);
}
const seedAt = words.indexOf('--seed');
const seed = seedAt === -1 ? Date.now() % 1_000_000 : Number(words.splice(seedAt, 2)[1]);
const chosen = words.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => words.includes(name));
let failures = 0;
process.stdout.write(`seed ${seed}\n\n`);
process.stdout.write('| Scenario | What is done | Lines | Lost | Twice | Out of order | Promise |\n');
process.stdout.write('|---|---|---|---|---|---|---|\n');
for (const scenario of chosen) {
  const { name, what, promise } = scenario;
  const promised = promise === 'exact' ? 'all once, in order' : 'what is gone is counted';
  try {
    const result = await runScenario(scenario, seed);
    if (result.kind === 'skipped') {
      process.stdout.write(`| ${name} | ${what} | | | | | not run: ${result.reason} |\n`);
      continue;
    }
    const { written, lost, duplicated, disordered } = result.outcome;
    if (!result.isKept) failures += 1;
    process.stdout.write(
      `| ${name} | ${what} | ${written} | ${lost.length} | ${duplicated.length} | ${disordered.length} | ${promised}: ${result.isKept ? 'kept' : `BROKEN ${result.reason}`} |\n`,
    );
  } catch (error) {
    failures += 1;
    process.stdout.write(
      `| ${name} | ${what} | | | | | FAILED: ${describeError(error).split('\n')[0] ?? ''} |\n`,
    );
  }
}
process.exitCode = failures === 0 ? 0 : 1;
