#!/usr/bin/env node
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { DEFAULT_PORT } from '../protocol/address.js';
import type { HealthClientOptions } from '../protocol/health-client.js';
import { HealthClient } from '../protocol/health-client.js';
import { timestampFromMillis } from '../protocol/model.js';
import { systemClock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { FlagTable } from '../runtime/flags.js';
import { parseFlags } from '../runtime/flags.js';
import { createLogger } from '../runtime/logger.js';
import type { Session } from './client-commands/command.js';
import { CLIENT_COMMANDS, COMMAND_LIST, COMMAND_MANUAL } from './client-commands/commands.js';
import { formatManual } from './manual.js';
import { InfoRequest, runCommand } from './run.js';
import type { ExitCode } from './run.js';
import { CLIENT_SECURITY_FLAGS, clientSecurityOf } from './security-flags.js';
import { processTerminal, wantsColour } from './terminal/terminal.js';
import { COLOURED, PLAIN } from './verdict-format/paint.js';

const FLAGS = {
  server: {
    kind: 'text',
    default: '',
    placeholder: 'host:port',
    help: `The aggregator to ask. Without it, the one on this machine at port ${DEFAULT_PORT}.`,
  },
  timeout: {
    kind: 'number',
    default: 5,
    placeholder: 'seconds',
    help: 'How long an answer may take.',
  },
  ...CLIENT_SECURITY_FLAGS,
} as const satisfies FlagTable;

const HELP = formatManual({
  name: 'hview-client',
  summary: 'asks an aggregator who is sick and who said so',
  usage: ['[options] [command]'],
  description: `
Asks an aggregator, or reports to it by hand. Without a command it reads commands from standard
input, one a line, until exit or the end of the input; a command that fails is explained there and
does not end it.`,
  flags: FLAGS,
  sections: {
    Commands: `${COMMAND_MANUAL}

Status letters of report: n na, h healthy, p pending, m maybe_unhealthy, u unhealthy, d dying,
dd dead; the score goes from 0 (worst) to 100.`,
    'Exit codes': `
0  done
1  wrong use, or not found
2  the aggregator cannot be reached`.trim(),
    Examples: `
hview-client list subject
hview-client why peer@2
hview-client -server razor0:6688 top
hview-client watch peer@1 peer@2
hview-client -server razor0:6688 get panorama peer@2
hview-client tail 2 dump inference
echo 'report peer@1 snapshot:u:30' | hview-client`.trim(),
    'See also': 'hview-server(1), hview-logtail(1); README.md of the package',
  },
});

await runCommand({ name: 'hview-client', help: HELP, run });

async function run(words: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const { values, rest, request } = parseFlags(FLAGS, words);
  if (request !== null) throw new InfoRequest(request);
  const security = clientSecurityOf(values, createLogger({ level: 'error', program: 'hview-client' }));
  const service = await connect(values.server, {
    deadlineMs: values.timeout * 1000,
    ...(security === undefined ? {} : { security }),
  });
  const session: Session = {
    service,
    verdicts: service.verdicts,
    target: service.target,
    clock: systemClock,
    random: Math.random,
    print: (text) => void process.stdout.write(text),
    warn: (text) => void process.stderr.write(text),
    paint: wantsColour() ? COLOURED : PLAIN,
    terminal: processTerminal(),
    signal,
    observer: 'client',
  };
  const onAbort = (): void => service.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (rest.length > 0) await execute(session, rest);
    else await shell(session);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    service.close();
    security?.close();
  }
  return 0;
}

/** A named aggregator, or whichever answers on this machine: it may listen on loopback or on its name. */
async function connect(server: string, options: Omit<HealthClientOptions, 'target'>): Promise<HealthClient> {
  if (server !== '') return new HealthClient({ target: server, ...options });
  const local = new HealthClient({ target: `localhost:${DEFAULT_PORT}`, ...options });
  try {
    await local.ping({ id: 'client', address: 'localhost' }, timestampFromMillis(systemClock.now()));
    return local;
  } catch {
    local.close();
    return new HealthClient({
      target: `${hostname().split('.')[0] ?? 'localhost'}:${DEFAULT_PORT}`,
      ...options,
    });
  }
}

/** Runs one command; whether the session goes on. */
async function execute(session: Session, words: readonly string[]): Promise<boolean> {
  const [word, ...rest] = words;
  if (word === 'exit' || word === 'quit') return false;
  if (word === 'help') {
    session.print(`${COMMAND_LIST}\n`);
    return true;
  }
  const command = CLIENT_COMMANDS.find((candidate) => candidate.word === word);
  if (command === undefined) {
    throw new HviewError('USAGE', `bad command "${word ?? ''}", try "help".`);
  }
  await command.run(session, rest);
  return true;
}

/** Reads commands line by line. A failed one is explained and does not end the session. */
async function shell(session: Session): Promise<void> {
  const lines = createInterface({ input: process.stdin, signal: session.signal });
  session.print('> ');
  for await (const line of lines) {
    const words = line
      .trim()
      .split(/\s+/)
      .filter((part) => part !== '');
    if (words.length > 0) {
      try {
        if (!(await execute(session, words))) break;
      } catch (error) {
        const { message, hint } = HviewError.from(error);
        process.stderr.write(`${message}\n${hint === undefined ? '' : `${hint}\n`}`);
      }
    }
    if (session.signal.aborted) return;
    session.print('> ');
  }
  session.print('\n');
}
