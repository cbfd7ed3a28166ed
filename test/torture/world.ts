import Database from 'libsql';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentCounts } from '../../agent/agent-counts.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { FIRST_LINE_MS } from '../programs/numbered-plugin.js';
import { RunningCommand } from '../support/spawn-command.js';
import type { SpawnOptions } from '../support/spawn-command.js';
import { freePort } from '../support/free-port.js';

/** What became of the numbered lines. */
export interface Outcome {
  readonly written: number;
  readonly arrived: number;
  /** Numbers that were written and never reached the journal. */
  readonly lost: readonly number[];
  /** Numbers that are in the journal more than once. */
  readonly duplicated: readonly number[];
  /** Numbers that stand in the journal before a smaller one of the same writer. */
  readonly disordered: readonly number[];
}

export interface WorldOptions {
  /** More flags for the agent. */
  readonly agentFlags?: readonly string[];
  /** The `-log` of the agent below the folder; default `app.log`. */
  readonly logs?: string;
  /** Open files that the agent may have. */
  readonly descriptors?: number;
  /** The agent gets no inotify watches from the system. */
  readonly withoutNotifications?: boolean;
  /** What lies on a small disk of its own, which can be filled. */
  readonly smallDiskFor?: 'state' | 'journal';
}

export interface LineStyle {
  readonly writer?: string;
  readonly filler?: string;
  readonly end?: string;
}

/** A line in the journal. */
interface Arrival {
  readonly writer: string;
  readonly number: number;
}

const PLUGIN = fileURLToPath(new URL('../programs/numbered-plugin.js', import.meta.url));

/** Every line is a finding. */
const RULES = {
  FilterTree: [
    {
      Id: 'numbered',
      Chain: [{ Field: 'content', Operator: '~', Pattern: 'seq=' }],
      Classifier: { Context: 'Seq', Status: 'unhealthy', Score: 20 },
    },
  ],
};

/** How long nothing may arrive before a run counts as stuck, milliseconds. */
const STUCK_MS = 60_000;

/** How often the journal is asked, milliseconds. */
const ASK_MS = 20;

/**
 * One writer with its log, an agent and an aggregator, each a process of its own that can be stopped,
 * paused or killed, and the journal as the oracle: every line has a number, every number is to be in
 * the journal once, in order.
 */
export class World {
  readonly folder: string;
  /** The log that the writer writes to. */
  readonly log: string;
  readonly #options: WorldOptions;
  readonly #database: string;
  readonly #state: string;
  #port = 0;
  #agent: RunningCommand | null = null;
  #server: RunningCommand | null = null;
  /** Number of the last line that was begun. */
  #last = 0;
  readonly #forgiven = new Set<number>();
  readonly #arrivals: Arrival[] = [];
  readonly #numbers = new Set<number>();
  #lastRow = 0;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'hview-torture-')));
    this.log = join(this.folder, 'app.log');
    const disk = join(this.folder, 'disk');
    const { smallDiskFor } = options;
    if (smallDiskFor !== undefined) mountSmallDisk(disk);
    this.#database = join(smallDiskFor === 'journal' ? disk : this.folder, 'hview.db');
    this.#state = join(smallDiskFor === 'state' ? disk : this.folder, 'state');
    writeFileSync(join(this.folder, 'rules.json'), this.rules());
  }

  get last(): number {
    return this.#last;
  }

  /** Of the aggregator. */
  get port(): number {
    return this.#port;
  }

  /** The agent's rules. */
  rules(): string {
    return JSON.stringify(RULES);
  }

  get agent(): RunningCommand {
    if (this.#agent === null) throw new Error('there is no agent');
    return this.#agent;
  }

  get server(): RunningCommand {
    if (this.#server === null) throw new Error('there is no aggregator');
    return this.#server;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  // ---- the writer

  /** The next `count` lines as text. The lines of one writer have to arrive in order. */
  lines(count: number, { writer = 'w', filler = 'x', end = '\n' }: LineStyle = {}): string {
    let text = '';
    for (let index = 0; index < count; index += 1)
      text += `${writer}:seq=${(this.#last += 1)} ${filler}${end}`;
    return text;
  }

  write(count: number, path = this.log, style: LineStyle = {}): void {
    appendFileSync(path, this.lines(count, style));
  }

  /** Writes one line in two pieces with `between` after the first. */
  async writeSplit(between: () => void | Promise<void>, path = this.log): Promise<void> {
    const file = openSync(path, 'a');
    const line = this.lines(1);
    writeSync(file, line.slice(0, 3));
    await between();
    writeSync(file, line.slice(3));
    closeSync(file);
  }

  /** Renames `app.log` to `app.log.1` and so on; the next line makes a new file. */
  rotate(keep = 1000): void {
    for (let count = keep; count >= 1; count -= 1) {
      const from = count === 1 ? this.log : `${this.log}.${count - 1}`;
      if (existsSync(from)) renameSync(from, `${this.log}.${count}`);
    }
  }

  copyTruncate(): void {
    copyFileSync(this.log, `${this.log}.1`);
    truncateSync(this.log, 0);
  }

  /** Lines up to now that no agent can be blamed for losing: they went before anyone could read them. */
  forgive(from: number, to: number): void {
    for (let number = from; number <= to; number += 1) this.#forgiven.add(number);
  }

  // ---- the processes

  async startServer(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const words = ['-addr', `localhost:${this.#port}`, '-dbfile', this.#database, 'torture'];
    this.#server = new RunningCommand('hview-server', words);
    await this.#server.waitForOutput(/listens/);
  }

  async startAgent(...flags: readonly string[]): Promise<void> {
    const { agentFlags = [], logs = 'app.log', descriptors, withoutNotifications } = this.#options;
    const words = [
      ...['-server', `localhost:${this.#port === 0 ? 1 : this.#port}`],
      ...['-state', this.#state, '-stale=-1', '-merge=0', ...agentFlags, ...flags],
      ...['-log', join(this.folder, logs), PLUGIN, '--filter', join(this.folder, 'rules.json')],
    ];
    const spawn: SpawnOptions = {
      ...(descriptors === undefined ? {} : { shell: `ulimit -n ${descriptors}` }),
      ...(withoutNotifications === true
        ? { through: ['unshare', '-r'], shell: 'echo 0 > /proc/sys/user/max_inotify_watches' }
        : {}),
    };
    this.#agent = new RunningCommand('hview-logtail', words, spawn);
    await this.#agent.waitForOutput(/"reading"/);
  }

  async startBoth(): Promise<void> {
    await this.startServer();
    await this.startAgent();
  }

  /** SIGTERM unless said otherwise, and waits for the end. */
  async endAgent(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.agent.kill(signal);
    await this.agent.exited;
    this.#agent = null;
  }

  async endServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.server.kill(signal);
    await this.server.exited;
    this.#server = null;
  }

  /** Ends what runs and deletes the folder. */
  async close(): Promise<void> {
    for (const command of [this.#agent, this.#server]) {
      command?.kill('SIGKILL');
      await command?.exited;
    }
    if (this.#options.smallDiskFor !== undefined) {
      execFileSync('umount', ['-l', join(this.folder, 'disk')], { stdio: 'ignore' });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** An agent that was started before goes on being the agent. */
  adopt(agent: RunningCommand): void {
    this.#agent = agent;
  }

  /** Memory that the agent takes. */
  residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.agent.pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }

  /** What the agent says of itself when it is asked. */
  async accounts(): Promise<AgentCounts> {
    const before = this.agent.stderr.length;
    this.agent.kill('SIGUSR2');
    for (;;) {
      const line = /^\{.*"the accounts".*\}$/m.exec(this.agent.stderr.slice(before));
      if (line !== null) return (JSON.parse(line[0]) as { counts: AgentCounts }).counts;
      await sleep(systemClock, ASK_MS);
    }
  }

  /** Fills the small disk to its last byte. */
  fillSmallDisk(): void {
    const path = join(this.folder, 'disk', 'ballast');
    for (const bytes of [65_536, 512, 1]) {
      try {
        for (;;) appendFileSync(path, Buffer.alloc(bytes));
      } catch {
        // Full, for pieces of this size.
      }
    }
  }

  freeSmallDisk(): void {
    rmSync(join(this.folder, 'disk', 'ballast'));
  }

  // ---- the oracle

  /** Waits until every line is in the journal, or nothing has arrived for long, and says what is wrong. */
  async outcome(): Promise<Outcome> {
    await this.until(() => this.#missing().length === 0).catch(() => undefined);
    const arrived = this.arrived();
    const seen = new Set<number>();
    const duplicated: number[] = [];
    const disordered: number[] = [];
    const highest = new Map<string, number>();
    for (const { writer, number } of arrived) {
      const before = highest.get(writer) ?? 0;
      if (seen.has(number)) duplicated.push(number);
      else if (number < before) disordered.push(number);
      seen.add(number);
      highest.set(writer, Math.max(before, number));
    }
    return { written: this.#last, arrived: arrived.length, lost: this.#missing(), duplicated, disordered };
  }

  /** Waits until the last line that was written has arrived. */
  async untilArrived(number = this.#last): Promise<void> {
    await this.until(() => {
      this.arrived();
      return this.#numbers.has(number);
    });
  }

  /** Rejects when nothing has arrived for long and it is still not true. */
  async until(isTrue: () => boolean): Promise<void> {
    let count = -1;
    let movedAtMs = systemClock.monotonic();
    while (!isTrue()) {
      const now = this.arrived().length;
      if (now !== count) {
        count = now;
        movedAtMs = systemClock.monotonic();
      } else if (systemClock.monotonic() - movedAtMs > STUCK_MS) {
        throw new Error(`nothing arrives any more:\n${this.#agent?.stderr.slice(-2000) ?? ''}`);
      }
      await sleep(systemClock, ASK_MS);
    }
  }

  /** The lines in the journal, in the order in which they came. */
  arrived(): readonly Arrival[] {
    if (!existsSync(this.#database)) return [];
    const database = new Database(this.#database, { readonly: true });
    try {
      const select = database.prepare(
        'SELECT id, observer, seconds, nanos FROM reports WHERE id > ? ORDER BY id',
      );
      // The journal only grows.
      for (const row of select.raw(true).all(this.#lastRow) as [number, string, number, number][]) {
        const [id, writer, seconds, nanos] = row;
        const number = seconds * 1000 + Math.round(nanos / 1e6) - FIRST_LINE_MS;
        this.#arrivals.push({ writer, number });
        this.#numbers.add(number);
        this.#lastRow = id;
      }
    } catch {
      // It is just being made.
    } finally {
      database.close();
    }
    return this.#arrivals;
  }

  #missing(): number[] {
    this.arrived();
    const missing: number[] = [];
    for (let number = 1; number <= this.#last; number += 1) {
      if (!this.#numbers.has(number) && !this.#forgiven.has(number)) missing.push(number);
    }
    return missing;
  }
}

/** Large enough for a journal, small enough to be full in no time. */
function mountSmallDisk(folder: string): void {
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'hview-torture', folder], { stdio: 'ignore' });
}

/** Why a run with these options is not possible here; null: it is. */
export function obstacleTo({ smallDiskFor, withoutNotifications }: WorldOptions): string | null {
  const tries = (command: string, ...words: readonly string[]): boolean => {
    try {
      execFileSync(command, words, { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  if (smallDiskFor !== undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'hview-mount-'));
    const canMount = tries('mount', '-t', 'tmpfs', '-o', 'size=1m', 'hview-torture', folder);
    if (canMount) tries('umount', folder);
    rmSync(folder, { recursive: true });
    if (!canMount) return 'no disk can be mounted here';
  }
  if (
    withoutNotifications === true &&
    !tries('unshare', '-r', 'sh', '-c', 'echo 0 > /proc/sys/user/max_inotify_watches')
  ) {
    return 'no namespace without inotify can be made here';
  }
  return null;
}
