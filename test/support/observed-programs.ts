import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { startCommandLine } from './spawn-command.js';

/** The HTTP addresses of the two programs, and where the aggregator takes calls. */
export interface ObservedPrograms {
  readonly aggregator: string;
  readonly agent: string;
  readonly calls: string;
}

/**
 * Starts hview-server, with a peer and a receiver of alerts that are away, and hview-logtail, which reports to
 * it what is in the folder's log. Both show their figures.
 */
export async function startObservedPrograms(folder: string): Promise<ObservedPrograms> {
  const calls = `127.0.0.1:${await freePort()}`;
  writeFileSync(
    join(folder, 'server.json'),
    JSON.stringify({
      ...{ Id: 'pano0', Addr: calls, Peers: { pano0: calls, pano1: '127.0.0.1:1' } },
      Http: { Addr: '127.0.0.1:0' },
    }),
  );
  const server = startCommandLine(
    'hview-server',
    ['-config', 'server.json', '-dbfile', 'journal.db', '-webhook', 'http://127.0.0.1:1'],
    { cwd: folder },
  );
  const [line] = await server.waitForOutput(/.*the aggregator listens.*/);
  const { http } = JSON.parse(line) as { http: string };
  const agent = startCommandLine(
    'hview-logtail',
    [
      ...['-http', '127.0.0.1:0', '-metrics', '-server', calls, '-state', 'state', '-stale=-1'],
      ...['-log', 'zookeeper.out', 'zookeeper', '--ensemble', 'zoo.cfg', '--myid', '1'],
    ],
    { cwd: folder },
  );
  const [, port = ''] = await agent.waitForOutput(/"http":"(127[^"]+)"/);
  return { aggregator: http, agent: port, calls };
}
