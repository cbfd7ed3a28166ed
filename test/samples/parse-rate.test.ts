import { describe, expect, it } from '@jest/globals';
import { isDated } from '../../agent/dated-line.js';
import { incidentsOf, pluginOf, readLog } from '../support/incident.js';

/** Of the lines that begin with a date; the others continue a record. */
const PROMISED_SHARE = 0.99;

const systems = (['zookeeper', 'hdfs', 'cassandra'] as const).map((system) => ({
  system,
  versions: [...new Set(incidentsOf(system).map(({ truth }) => truth.version))],
}));

describe.each(systems)('the captured logs of $system', ({ system, versions }) => {
  it.each(versions)('of version %s are understood', async (version) => {
    let dated = 0;
    const missed: string[] = [];
    for (const { truth, logs } of incidentsOf(system)) {
      if (truth.version !== version) continue;
      for (const log of logs) {
        const plugin = await pluginOf(system, log);
        const stream = plugin.openStream();
        for (const line of readLog(log).toString().split('\n')) {
          if (!isDated(line)) continue;
          dated += 1;
          if (stream.parse(line).kind === 'continuation') missed.push(line);
        }
        plugin.close();
      }
    }
    expect(dated).toBeGreaterThan(1000);
    expect(missed.slice(0, Math.max(0, missed.length - dated * (1 - PROMISED_SHARE)))).toEqual([]);
  });
});
