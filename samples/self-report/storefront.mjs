// A storefront that asks its backends all the time, and says how they are, as it meets them.
// node storefront.mjs AGGREGATOR OWN-ID BACKEND-ID=HOST:PORT...
import { connect } from 'hview/client';
import { setTimeout as sleep } from 'node:timers/promises';

/** What an answer may take before the backend counts as slow, and before it is given up. */
const SLOW_MS = 300;
const LIMIT_MS = 2000;

let requests = 0;

const [aggregator, observer, ...words] = process.argv.slice(2);
const backends = words.map((word) => {
  const [id, address] = word.split('=');
  return { id, address };
});

const health = connect({
  aggregator,
  module: 'shop',
  observer,
  // Reports name addresses, as a program knows them; here stands whose they are.
  subjects: Object.fromEntries(backends.map(({ id, address }) => [address, id])),
});

const isStopping = new AbortController();
process.once('SIGTERM', () => isStopping.abort());
await Promise.all(backends.map((backend) => askForEver(backend)));
// What was merged goes out; at most 2 seconds.
await health.close();

async function askForEver({ address }) {
  while (!isStopping.signal.aborted) {
    await ask(address);
    await sleep(50, undefined, { signal: isStopping.signal }).catch(() => undefined);
  }
}

/** One request, and the three lines that report it. None of them waits, and none throws. */
async function ask(address) {
  const request = (requests += 1);
  const startedMs = performance.now();
  health.pending(address, 'stock', request, { withinMs: SLOW_MS });
  try {
    const response = await fetch(`http://${address}/stock`, { signal: AbortSignal.timeout(LIMIT_MS) });
    await response.text();
    if (response.ok) health.clear(request, scoreOf(performance.now() - startedMs));
    else health.fail(request);
  } catch {
    health.fail(request);
  }
}

/** 100 for an answer at once, 50 for one that is nearly too late. */
function scoreOf(tookMs) {
  return Math.max(0, 100 - 50 * Math.min(2, tookMs / SLOW_MS));
}
