import { HviewError } from '../runtime/errors.js';
import { packageVersion } from '../runtime/package-root.js';

/** How a command ends: 0 done, 1 wrong use or not found, 2 the aggregator cannot be reached. */
export type ExitCode = 0 | 1 | 2;

export interface Command {
  readonly name: string;
  readonly help: string;
  /** `words`: the command line without program name; `signal` aborts on SIGINT and SIGTERM. */
  readonly run: (words: readonly string[], signal: AbortSignal) => ExitCode | Promise<ExitCode>;
}

/** Thrown by a command that was asked for --help or --version. */
export class InfoRequest extends Error {
  constructor(readonly kind: 'help' | 'version') {
    super(kind);
  }
}

/** The frame of every program: signals become an AbortSignal, errors become text and an exit code. */
export async function runCommand(command: Command): Promise<void> {
  const abort = new AbortController();
  const onSignal = (): void => {
    // A second signal means: now.
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // `... | head` closes the pipe early; that is no error, and the wish to stop.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    abort.abort();
  });
  try {
    process.exitCode = await command.run(process.argv.slice(2), abort.signal);
  } catch (error) {
    process.exitCode = explain(command, error);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function explain(command: Command, error: unknown): ExitCode {
  if (error instanceof InfoRequest) {
    process.stdout.write(error.kind === 'help' ? command.help : `${command.name} ${packageVersion()}\n`);
    return 0;
  }
  const known = HviewError.from(error);
  process.stderr.write(`${command.name}: ${known.message}\n`);
  if (known.hint !== undefined) process.stderr.write(`${known.hint}\n`);
  if (known.code === 'USAGE') process.stderr.write(`Try ${command.name} --help.\n`);
  if (known.code === 'INTERNAL' && known.cause instanceof Error)
    process.stderr.write(`${known.cause.stack}\n`);
  return known.code === 'UNREACHABLE' || known.code === 'TIMEOUT' ? 2 : 1;
}
