import { readFileSync } from 'node:fs';
import { systemClock } from '../runtime/clock.js';
import { HviewError, fileError } from '../runtime/errors.js';
import type { FlagTable, FlagValues } from '../runtime/flags.js';
import { parseFlags } from '../runtime/flags.js';
import { Lifecycle } from '../runtime/lifecycle.js';
import { createLogger, logLevelFromName } from '../runtime/logger.js';
import { Aggregator } from '../server/aggregator.js';
import type { AggregatorConfig } from '../server/config.js';
import { loadConfig, standaloneConfig } from '../server/config.js';
import type { SecurityConfig } from '../server/security-config.js';
import { contradictions } from '../server/security-config.js';
import { writeMemoryUsage } from '../server/memory-usage.js';
import { noPersistence } from '../server/persistence/persistence.js';
import type { AlgorithmName } from '../server/inference/algorithms.js';
import { ALGORITHMS, isAlgorithmName } from '../server/inference/algorithms.js';
import { SqlitePersistence } from '../server/persistence/sqlite-persistence.js';
import { startCpuProfile } from './cpu-profile.js';
import { alertReceiversOf, testAlerts } from './alert-test.js';
import { formatManual } from './manual.js';
import type { ExitCode } from './run.js';
import { InfoRequest, runCommand } from './run.js';
import { checkServer } from './server-check.js';
import { keepServerHeapSmall } from './server-heap.js';
import { serverReload } from './server-reload.js';

const FLAGS = {
  addr: {
    kind: 'text',
    default: 'localhost',
    placeholder: 'host[:port]',
    help:
      'Where to listen. Without a port a random one between -port_start and -port_end. With -config peers ' +
      'still call it by the address that stands there.',
  },
  config: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: 'Configuration as hview-mkrc writes it; it says what -addr and ID say otherwise.',
  },
  dbfile: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help:
      'SQLite database that keeps reports, inferences and registrations, 30 days and 1 GB of them unless Journal in the ' +
      'configuration says otherwise; one of the original is carried over. Without it nothing is kept.',
  },
  http: {
    kind: 'text',
    default: '',
    placeholder: 'host:port',
    help: 'Where to show the page, its data as JSON, and the health checks /healthz and /readyz. Without it nowhere.',
  },
  inference: {
    kind: 'text',
    default: '',
    placeholder: 'name',
    help:
      'How views are summed up: "weighted" counts the word of an observer less that is itself complained of, ' +
      '"majority" counts heads. Without it what the configuration says, or weighted.',
  },
  port_start: { kind: 'integer', default: 10000, placeholder: 'port', help: 'Random ports begin here.' },
  port_end: { kind: 'integer', default: 30000, placeholder: 'port', help: 'Random ports end below this.' },
  mem_usage: { kind: 'switch', default: false, help: 'Write the memory in use to memusage.csv every 5 s.' },
  cpuprofile: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: 'Write a CPU profile there at the end, for the developer tools of Chrome.',
  },
  tls_cert: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: 'Listen with TLS: the certificate (PEM), also shown to peers; needs -tls_key.',
  },
  tls_key: { kind: 'text', default: '', placeholder: 'file', help: 'The key (PEM) of -tls_cert.' },
  tls_ca: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help:
      'Ask those that connect for a certificate from these authorities (PEM), and let nobody in without one or a ' +
      "token; peers' certificates come from them too.",
  },
  token_file: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help:
      'Let those in that send a token of this file: one a line, "name roles token", roles being submit, query, relay ' +
      'or all. Only its owner and group may read it.',
  },
  insecure: {
    kind: 'switch',
    default: false,
    help: 'Listen for other machines without TLS, or without asking who calls. Otherwise only localhost can do without.',
  },
  alertmanager: {
    kind: 'text',
    default: '',
    placeholder: 'url',
    help: 'Tell this Prometheus Alertmanager who is sick, as in http://localhost:9093; of several, all of a cluster, with commas between.',
  },
  webhook: {
    kind: 'text',
    default: '',
    placeholder: 'url',
    help: "Post alerts there, as Alertmanager's webhooks do; of several, with commas between.",
  },
  alert_test: {
    kind: 'switch',
    default: false,
    help: 'Only send one alert that means nothing to every Alertmanager and webhook that is configured, and say what they make of it.',
  },
  check: {
    kind: 'switch',
    default: false,
    help: 'Only try whether it would start, without journal and peers, on free ports: for a service manager to run before the start.',
  },
  log_level: {
    kind: 'text',
    default: '',
    placeholder: 'level',
    help: "How much to log on standard error: debug, info, warn or error. Without it the configuration's, or info.",
  },
} as const satisfies FlagTable;

const HELP = formatManual({
  name: 'hview-server',
  summary: 'runs an aggregator, which keeps what was observed and infers who is sick',
  usage: [
    '[options] ID',
    '[options] -config FILE [ID]',
    '-check [options] -config FILE [ID]',
    '-alert_test [options] -config FILE [ID]',
  ],
  description: `
Takes in reports from agents and programs, infers who is sick, answers questions, and passes
reports on to its peers. ID is its name; with -config it may stand in the file, and the one on the command
line comes first, so that one file serves all of a group.

It runs in the foreground and logs on standard error, as service managers like it; units for
systemd and manifests for Kubernetes are in samples/deploy of the package.`,
  flags: FLAGS,
  sections: {
    Files: `
The file of -config    the configuration (JSON), which hview-mkrc writes
The file of -dbfile    the journal, with two others beside it whose names end in -wal and -shm;
                       copy all three or, better, none while the aggregator runs;
                       FILE.damaged-TIME is what was set aside because it could not be read
memusage.csv           in the working folder, with -mem_usage`.trim(),
    Signals: `
SIGTERM, SIGINT    end when all that was acknowledged is on disk; a second one: at once
SIGHUP             read the file of -config again: new Subjects, GCConfig, BufConfig, LogLevel, Alerts and
                   the lists of Access take effect at once, of other changes it says that they need a new
                   start; one that is wrong changes nothing
SIGUSR2            print the accounts on standard error`.trim(),
    'Exit codes': `
0  ended by a signal; with -check: it would start; with -alert_test: all took it
1  wrong use, it could not start, or somebody did not take the test`.trim(),
    Examples: `
hview-server -addr localhost:6688 -http localhost:6680 -dbfile hview.db pano0
hview-mkrc -fix_port 6688 -nserver 3 -addressp razor%d -namep pano%d -id pano0 -output hs.cfg
hview-server -config hs.cfg -check
hview-server -config hs.cfg -alert_test
hview-server -config hs.cfg`.trim(),
    'See also': 'hview-mkrc(1), hview-client(1), hview-logtail(1); server/README.md of the package',
  },
});

await runCommand({ name: 'hview-server', help: HELP, run });

async function run(words: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const { values, given, rest, request } = parseFlags(FLAGS, words);
  if (request !== null) throw new InfoRequest(request);
  const config = configure(values, given, rest);
  const level = values.log_level === '' ? config.logLevel : logLevelFromName(values.log_level);
  if (level === undefined)
    throw new HviewError('USAGE', `flag -log_level: "${values.log_level}" is no level`);
  const logger = createLogger({ level, program: 'hview-server' });

  if (values.check) {
    // That a trial starts and stops is not worth a word.
    const quiet = createLogger({ level: 'warn', program: 'hview-server' });
    process.stdout.write(await checkServer(config, quiet));
    return 0;
  }
  if (values.alert_test) return testAlerts(config, logger);
  const lifecycle = new Lifecycle(systemClock);
  try {
    if (values.cpuprofile !== '') {
      const profile = await startCpuProfile(values.cpuprofile);
      lifecycle.onStop('the CPU profile', () => profile.stop());
    }
    if (values.mem_usage || config.dumpMemoryUsage) {
      const usage = writeMemoryUsage('memusage.csv', systemClock, logger);
      lifecycle.onStop('the memory usage file', () => usage.stop());
    }
    const persistence =
      config.databaseFile === ''
        ? noPersistence
        : new SqlitePersistence({
            file: config.databaseFile,
            limits: config.journal,
            logger,
            onThreadStarted: keepServerHeapSmall,
          });
    const aggregator = new Aggregator({
      config,
      persistence,
      clock: systemClock,
      random: Math.random,
      logger,
    });
    // From before the start until after the stop: the signal would end the process otherwise.
    const tell = (): void => logger.info('the accounts', { counts: aggregator.counts() });
    process.on('SIGUSR2', tell);
    lifecycle.onStop('the accounts', () => void process.off('SIGUSR2', tell));
    const started = aggregator.start();
    const readAgain = serverReload({
      config,
      // A random port is chosen once; without a file there is nothing new to read.
      read: () =>
        values.config === '' ? config : { ...configure(values, given, rest), listen: config.listen },
      aggregator,
      setLevel: values.log_level === '' ? (to) => logger.setLevel(to) : null,
      logger,
    });
    // One that comes while it starts counts after the start.
    const reload = (): void => void started.then(readAgain, () => undefined);
    process.on('SIGHUP', reload);
    lifecycle.onStop('the reading of the configuration', () => void process.off('SIGHUP', reload));
    await started;
    lifecycle.onStop('the aggregator', () => aggregator.stop());
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    logger.info('the aggregator stops');
  } finally {
    await lifecycle.stop(10_000);
  }
  return 0;
}

function configure(
  values: FlagValues<typeof FLAGS>,
  given: ReadonlySet<string>,
  rest: readonly string[],
): AggregatorConfig {
  const inference = inferenceOf(values.inference);
  const receivers = alertReceiversOf(values);
  const [id, ...others] = rest;
  if (values.config !== '') {
    if (others.length > 0) throw new HviewError('USAGE', `unexpected word "${others[0] ?? ''}"`);
    const loaded = loadConfig(readConfig(values.config), values.config, id);
    return {
      ...loaded,
      ...inference,
      security: securityOf(values, given, loaded.security),
      alerts: { ...loaded.alerts, ...receivers },
      ...(given.has('addr') ? { listen: withPort(values) } : {}),
      ...(given.has('http') ? { httpAddress: values.http } : {}),
      ...(given.has('dbfile') ? { databaseFile: values.dbfile } : {}),
    };
  }
  if (id === undefined || others.length > 0) {
    throw new HviewError(
      'USAGE',
      id === undefined ? 'the ID is missing' : `unexpected word "${others[0] ?? ''}"`,
      {
        hint: 'Name the aggregator, as in hview-server -addr localhost:6688 pano0, or give -config FILE.',
      },
    );
  }
  const standalone = standaloneConfig(id, withPort(values), values.dbfile);
  return {
    ...standalone,
    ...inference,
    httpAddress: values.http,
    security: securityOf(values, given, standalone.security),
    alerts: { ...standalone.alerts, ...receivers },
  };
}

/** The address of -addr, with a random port where it names none. */
function withPort({ addr, port_start: start, port_end: end }: FlagValues<typeof FLAGS>): string {
  // A colon stands before a port, or in an IPv6 address whose port follows its bracket.
  const hasPort = /:\d+$/.test(addr) && (!addr.startsWith('[') || addr.includes(']:'));
  return hasPort ? addr : `${addr}:${start + Math.floor(Math.random() * Math.max(1, end - start))}`;
}

/** Flags come before the configuration. */
function securityOf(
  values: FlagValues<typeof FLAGS>,
  given: ReadonlySet<string>,
  configured: SecurityConfig,
): SecurityConfig {
  const security = {
    ...configured,
    ...(given.has('tls_cert') ? { cert: values.tls_cert } : {}),
    ...(given.has('tls_key') ? { key: values.tls_key } : {}),
    ...(given.has('tls_ca') ? { clientCa: values.tls_ca } : {}),
    ...(given.has('token_file') ? { tokenFile: values.token_file } : {}),
    ...(given.has('insecure') ? { allowsInsecure: values.insecure } : {}),
  };
  const [contradiction] = contradictions(security);
  if (contradiction !== undefined) {
    throw new HviewError('USAGE', contradiction, {
      hint: 'The flags are -tls_cert (Cert), -tls_key (Key) and -tls_ca (ClientCa).',
    });
  }
  return security;
}

function inferenceOf(name: string): { readonly inference?: AlgorithmName } {
  if (name === '') return {};
  if (isAlgorithmName(name)) return { inference: name };
  throw new HviewError(
    'USAGE',
    `flag -inference: "${name}" is none of ${Object.keys(ALGORITHMS).join(', ')}`,
  );
}

function readConfig(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw fileError('CONFIG_INVALID', 'cannot read the configuration', file, error);
  }
}
