/** An aggregator for the intake measurement: prints its port, and at the end of its input what it used. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { keepServerHeapSmall } from '../../cli/server-heap.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { Aggregator } from '../../server/aggregator.js';
import { standaloneConfig } from '../../server/config.js';
import { SqlitePersistence } from '../../server/persistence/sqlite-persistence.js';

// As hview-server does.
keepServerHeapSmall();
const file = process.argv[2] ?? 'bench.db';
const delay = monitorEventLoopDelay({ resolution: 5 });
const aggregator = new Aggregator({
  config: standaloneConfig('bench', '127.0.0.1:0', file),
  persistence: new SqlitePersistence({ file, logger: silentLogger, onThreadStarted: keepServerHeapSmall }),
  clock: systemClock,
  random: Math.random,
  logger: silentLogger,
});
await aggregator.start();
delay.enable();
process.stdout.write(`${aggregator.address.port}\n`);
process.stdin.resume();
process.stdin.on('end', () => {
  const { user, system } = process.cpuUsage();
  const resident = Math.round(process.memoryUsage().rss / 1e6);
  const longest = (delay.max / 1e6).toFixed(0);
  process.stdout.write(
    `server: ${((user + system) / 1e6).toFixed(1)} CPU-s, ${resident} MB resident, longest event-loop delay ${longest} ms\n`,
  );
  void aggregator.stop();
});
