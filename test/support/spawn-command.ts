import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type CommandName = 'hview-server' | 'hview-logtail' | 'hview-client' | 'hview-mkrc';

export interface SpawnOptions {
  /** What the command reads from standard input, which then ends; default nothing. */
  readonly stdin?: string;
  /** Working folder. */
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Shell text that runs before the command in its process, such as `ulimit -n 100`. */
  readonly shell?: string;
  /** Runs the command through this one, such as `unshare -r`. */
  readonly through?: readonly string[];
  /** Leaves standard input open, for `type`. */
  readonly isInteractive?: boolean;
}

export interface CommandResult {
  /** Exit code; null when a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<RunningCommand>();

/** Runs a compiled command to its end. */
export function runCommandLine(
  name: CommandName,
  words: readonly string[],
  options: SpawnOptions = {},
): Promise<CommandResult> {
  return startCommandLine(name, words, options).exited;
}

/** Starts a compiled command that goes on; `endCommands` ends it at the latest. */
export function startCommandLine(
  name: CommandName,
  words: readonly string[],
  options: SpawnOptions = {},
): RunningCommand {
  return new RunningCommand(name, words, options);
}

/** For `afterEach`: nothing that a test has started outlives it. */
export async function endCommands(): Promise<void> {
  const left = [...running];
  for (const command of left) command.kill('SIGKILL');
  await Promise.all(left.map((command) => command.exited));
}

function commandLine(words: readonly string[], { shell, through = [] }: SpawnOptions): string[] {
  const shelled = shell === undefined ? words : ['sh', '-c', `${shell}; exec "$@"`, 'sh', ...words];
  return [...through, ...shelled];
}

/** A command under way, with what it has printed so far. */
export class RunningCommand {
  readonly exited: Promise<CommandResult>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #line: string;
  readonly #state: string;
  #stdout = '';
  #stderr = '';
  #hasEnded = false;

  constructor(name: CommandName, words: readonly string[], options: SpawnOptions = {}) {
    const file = fileURLToPath(new URL(`../../cli/${name}.js`, import.meta.url));
    this.#line = [name, ...words].join(' ');
    const [program = '', ...rest] = commandLine([process.execPath, file, ...words], options);
    // Agents remember by default; none is to find what another test's agent has left.
    this.#state = mkdtempSync(join(tmpdir(), 'hview-state-'));
    this.#child = spawn(program, rest, {
      cwd: options.cwd,
      env: { ...process.env, XDG_STATE_HOME: this.#state, ...options.env },
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    // A command may end without reading what it is given.
    this.#child.stdin.on('error', () => undefined);
    if (options.isInteractive !== true) this.#child.stdin.end(options.stdin ?? '');
    running.add(this);
    this.exited = this.#end();
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Writes to standard input. */
  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Closes this end of the pipe that the command prints to, as `| head` does when it has enough. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first match in what was printed to either stream; rejects when the command ends without one. */
  waitForOutput(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const streams = [this.#child.stdout, this.#child.stderr];
      const stopLooking = (): void => {
        for (const stream of streams) stream.off('data', look);
        this.#child.off('close', onEnd);
      };
      const look = (): boolean => {
        const found = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
        if (found === null) return false;
        stopLooking();
        resolve(found);
        return true;
      };
      const onEnd = (): void => {
        if (look()) return;
        stopLooking();
        reject(new Error(`${this.#line} ended without ${String(pattern)}\n${this.#stdout}\n${this.#stderr}`));
      };
      for (const stream of streams) stream.on('data', look);
      this.#child.on('close', onEnd);
      if (!look() && this.#hasEnded) onEnd();
    });
  }

  async #end(): Promise<CommandResult> {
    await once(this.#child, 'close');
    this.#hasEnded = true;
    running.delete(this);
    rmSync(this.#state, { recursive: true, force: true });
    return { code: this.#child.exitCode, stdout: this.#stdout, stderr: this.#stderr };
  }
}
