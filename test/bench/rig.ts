import Database from 'libsql';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentCounts } from '../../agent/agent-counts.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { freePort } from '../support/free-port.js';
import { RunningCommand } from '../support/spawn-command.js';
import { zooKeeperWords } from './bench-logs.js';

/** Findings are printed; nobody is to pay for reading them. */
const UNREAD_OUTPUT = 'exec >/dev/null';

/** How often it is asked whether all is done, milliseconds: what a duration may be too long by. */
const ASK_MS = 20;

/** An aggregator with its journal and an agent with its state, as processes of their own, in a fresh folder. */
export class Rig {
  readonly folder: string;
  readonly database: string;
  #port = 0;
  #agent: RunningCommand | null = null;
  #server: RunningCommand | null = null;

  constructor(parent: string, name: string) {
    this.folder = join(parent, name);
    this.database = join(this.folder, 'hview.db');
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder);
  }

  get agentPid(): number {
    return this.#running(this.#agent).pid;
  }

  get serverPid(): number {
    return this.#running(this.#server).pid;
  }

  /** host:port of the aggregator. */
  get target(): string {
    return `localhost:${this.#port}`;
  }

  async startServer(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const words = ['-addr', this.target, '-dbfile', this.database, 'bench'];
    this.#server = new RunningCommand('hview-server', words);
    await this.#server.waitForOutput(/listens/);
  }

  async endServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const server = this.#running(this.#server);
    server.kill(signal);
    await server.exited;
    this.#server = null;
  }

  /** The aggregator may be away. `logs`: a path or a glob; `flags`: more of them. */
  async startAgent(logs: string, ...flags: readonly string[]): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const words = [
      ...['-server', this.target, '-state', join(this.folder, 'state'), '-tz', 'UTC', ...flags],
      ...['-log', logs, ...zooKeeperWords()],
    ];
    this.#agent = new RunningCommand('hview-logtail', words, { shell: UNREAD_OUTPUT });
    await this.#agent.waitForOutput(/"reading"/);
  }

  /** What the agent says of itself when it is asked. */
  async accounts(): Promise<AgentCounts> {
    const agent = this.#running(this.#agent);
    const before = agent.stderr.length;
    agent.kill('SIGUSR2');
    const said = /^\{.*"the accounts".*\}$/m;
    for (;;) {
      const line = said.exec(agent.stderr.slice(before));
      if (line !== null) return (JSON.parse(line[0]) as { counts: AgentCounts }).counts;
      await sleep(systemClock, ASK_MS / 4);
    }
  }

  /** Waits until the agent's accounts are as wanted; those accounts. Rejects when it takes too long. */
  async until(isDone: (counts: AgentCounts) => boolean, limitSeconds = 1200): Promise<AgentCounts> {
    const deadline = systemClock.monotonic() + limitSeconds * 1000;
    for (;;) {
      const counts = await this.accounts();
      if (isDone(counts)) return counts;
      if (systemClock.monotonic() > deadline) throw new Error(`not done:\n${JSON.stringify(counts)}`);
      await sleep(systemClock, ASK_MS);
    }
  }

  /** Reports in the journal. */
  journalled(): number {
    const database = new Database(this.database, { readonly: true });
    try {
      const [count] = database.prepare('SELECT count(*) FROM reports').raw(true).get() as [number];
      return count;
    } finally {
      database.close();
    }
  }

  /** Ends what runs and deletes the folder. */
  async close(): Promise<void> {
    for (const command of [this.#agent, this.#server]) {
      command?.kill('SIGKILL');
      await command?.exited;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #running(command: RunningCommand | null): RunningCommand {
    if (command === null) throw new Error('it is not running');
    return command;
  }
}
