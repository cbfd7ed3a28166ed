import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { endCommands } from '../support/spawn-command.js';
import { fuzzServer } from './fuzz-server.js';

// Programs start slowly on a busy machine.
jest.setTimeout(120_000);

afterEach(endCommands);

/** The same requests each time; `npm run fuzz` sends others. */
const seed = 20_780;

describe('a server among thousands of requests that are wrong in every way', () => {
  it('stays up, keeps every true report and forgets none', async () => {
    const { highestMegabytes, ...result } = await fuzzServer({ requests: 5000, seed });
    expect({ seed, ...result }).toMatchObject({
      seed,
      integrity: 'ok',
      testimony: { said: 100, missing: 0, twice: 0, changed: 0 },
      exitCodes: [0, 0],
      complaints: [],
    });
    expect(highestMegabytes).toBeLessThan(400);
    expect(result.answered).toBeGreaterThan(2500);
  });
});
