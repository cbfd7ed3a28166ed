/**
 * Sends that many hostile requests to a real server and prints how it bore them: `npm run fuzz -- [N] [SEED]`.
 * Ends with 1 when it did not bear them.
 */
import { endCommands } from '../support/spawn-command.js';
import { fuzzServer } from './fuzz-server.js';

const requests = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
process.stdout.write(`${requests} requests, seed ${seed}\n`);
try {
  let toldMs = 0;
  const result = await fuzzServer({
    ...{ requests, seed },
    onProgress: (done, megabytes) => {
      if (performance.now() - toldMs < 10_000) return;
      toldMs = performance.now();
      process.stdout.write(`  ${done} sent, ${megabytes} MB resident\n`);
    },
  });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  const { testimony, integrity, exitCodes, complaints } = result;
  const isWhole = testimony.missing === 0 && testimony.twice === 0 && testimony.changed === 0;
  const isWell =
    isWhole &&
    integrity === 'ok' &&
    result.answered > requests / 2 &&
    exitCodes.every((code) => code === 0) &&
    complaints.length === 0;
  process.stdout.write(isWell ? 'it is up, and its data is whole\n' : 'IT DID NOT BEAR THEM\n');
  process.exitCode = isWell ? 0 : 1;
} finally {
  await endCommands();
}
