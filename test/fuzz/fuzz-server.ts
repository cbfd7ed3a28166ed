import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import type { CommandResult, RunningCommand } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';
import { HostileConnection } from './hostile-connection.js';
import { sendHostile } from './hostile-requests.js';
import { RandomSource } from './random-source.js';
import { validRequests } from './valid-requests.js';
import type { Testimony } from './witness.js';
import { Witness } from './witness.js';

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Hostile connections at a time. */
  readonly connections?: number;
  readonly onProgress?: (done: number, residentMegabytes: number) => void;
}

export interface FuzzResult {
  readonly seconds: number;
  /** Streams that the server ended, and that it reset. */
  readonly answered: number;
  readonly reset: number;
  /** Hostile connections that were made. */
  readonly connections: number;
  /** Resident memory of the server: at its highest, and some seconds after the last request; MB. */
  readonly highestMegabytes: number;
  readonly finalMegabytes: number;
  /** SQLite's word on the journal: `ok`. */
  readonly integrity: string;
  /** Reports in the journal, those that were hostile and yet well formed among them. */
  readonly reports: number;
  readonly testimony: Testimony;
  /** How often the witness had to say something again. */
  readonly retries: number;
  /** Exit code of the server after SIGTERM, and of one that read the same journal. */
  readonly exitCodes: readonly (number | null)[];
  /** What the server wrote of defects: lines with a stack, or of level error. */
  readonly complaints: readonly string[];
}

/** From as many addresses hostile connections come; of one too many are refused. */
const ADDRESSES = 60;

const MEGABYTE = 1e6;

/** Between two rounds of the witness. */
const ROUND = 500;

/**
 * Sends requests that are wrong in every way to a real hview-server with a journal, and in between true
 * ones; then looks whether the server is up, what it needed, and whether its data is whole.
 */
export async function fuzzServer(options: FuzzOptions): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'hview-fuzz-'));
  const file = join(folder, 'fuzz.db');
  const server = new ServerUnderFire(await freePort(), file);
  await server.start();
  const witness = new Witness(`127.0.0.1:${server.port}`);
  try {
    await witness.register();
    const beganMs = performance.now();
    const attacking = attack(server.port, options, witness, () => memoryOf(server.pid).residentMegabytes);
    attacking.catch(() => undefined);
    const sent = await Promise.race([attacking, server.failed]);
    const seconds = (performance.now() - beganMs) / 1000;
    await witness.ask();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const { highestMegabytes, residentMegabytes: finalMegabytes } = memoryOf(server.pid);
    const first = await server.stop();
    await server.start();
    const second = await server.stop();
    return {
      ...{ seconds, ...sent, highestMegabytes, finalMegabytes, ...witness.compare(file) },
      retries: witness.retries,
      exitCodes: [first.code, second.code],
      complaints: `${first.stderr}${second.stderr}`
        .split('\n')
        .filter(
          (line) => line.includes('"level":"error"') || /^\s+at /.test(line) || line.includes('Error:'),
        ),
    };
  } finally {
    witness.close();
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

class ServerUnderFire {
  /** Rejects when the server ends before it is stopped. */
  readonly failed: Promise<never>;
  #fail: (error: Error) => void = () => undefined;
  #command: RunningCommand | null = null;
  #isStopping = false;

  constructor(
    readonly port: number,
    private readonly file: string,
  ) {
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
  }

  get pid(): number {
    return this.#command?.pid ?? 0;
  }

  async start(): Promise<void> {
    this.#isStopping = false;
    const { command } = await startServer(['-addr', `127.0.0.1:${this.port}`, '-dbfile', this.file, 'fuzz']);
    this.#command = command;
    void command.exited.then(({ code, stderr }) => {
      if (this.#isStopping) return;
      this.#fail(new Error(`the server ended with ${String(code)}: ${stderr.slice(-3000)}`));
    });
  }

  async stop(): Promise<CommandResult> {
    this.#isStopping = true;
    this.#command?.kill('SIGTERM');
    if (this.#command === null) throw new Error('the server was not started');
    return this.#command.exited;
  }

  async kill(): Promise<void> {
    this.#isStopping = true;
    this.#command?.kill('SIGKILL');
    await this.#command?.exited;
  }
}

async function attack(
  port: number,
  { requests, seed, connections: width = 32, onProgress }: FuzzOptions,
  witness: Witness,
  resident: () => number,
): Promise<{ answered: number; reset: number; connections: number }> {
  const valid = validRequests();
  const count = { ended: 0, reset: 0 };
  let connections = 0;
  let sent = 0;
  let speaking = Promise.resolve();
  /** Each attacker goes by a seed of its own; what they do at the same time is for the machine to say. */
  const attacker = async (random: RandomSource): Promise<void> => {
    let connection: HostileConnection | null = null;
    while (sent < requests) {
      sent += 1;
      if (sent % ROUND === 0) speaking = speaking.then(() => witness.speak()).then(() => witness.ask());
      if (connection === null || connection.isClosed) {
        connections += 1;
        connection = new HostileConnection(port, count, {
          // One that does not even greet, now and then.
          greet: !random.oneIn(200),
          from: `127.0.0.${2 + (connections % ADDRESSES)}`,
        });
      }
      await sendHostile(connection, random, valid);
      await connection.room(60);
    }
    await connection?.room(0);
    connection?.close();
  };
  const telling = setInterval(() => onProgress?.(sent, resident()), 1000);
  try {
    await Promise.all(
      Array.from({ length: width }, (_, lane) => attacker(new RandomSource(seed + lane * 7919))),
    );
    await speaking;
  } finally {
    clearInterval(telling);
  }
  return { answered: count.ended, reset: count.reset, connections };
}

function memoryOf(pid: number): { readonly highestMegabytes: number; readonly residentMegabytes: number } {
  const path = `/proc/${pid}/status`;
  // Once the server has ended there is none.
  const status = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const read = (name: string): number =>
    (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024) / MEGABYTE;
  return { highestMegabytes: Math.round(read('VmHWM')), residentMegabytes: Math.round(read('VmRSS')) };
}
