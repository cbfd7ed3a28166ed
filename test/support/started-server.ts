import type { RunningCommand, SpawnOptions } from './spawn-command.js';
import { startCommandLine } from './spawn-command.js';

export interface StartedServer {
  readonly command: RunningCommand;
  /** host:port as clients name it. */
  readonly address: string;
}

/** Runs hview-server until it listens; by default on a free port and without a database. */
export async function startServer(
  words: readonly string[] = ['-addr', 'localhost:0', 'pano0'],
  options: SpawnOptions = {},
): Promise<StartedServer> {
  const command = startCommandLine('hview-server', words, options);
  const [, address = ''] = await command.waitForOutput(/"address":"([^"]+)".*the aggregator listens/);
  return { command, address };
}
