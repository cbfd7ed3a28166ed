import { Agent } from '../agent/agent.js';
import type { AgentCounts } from '../agent/agent-counts.js';
import type { AgentMetrics } from '../agent/metrics/agent-metrics.js';
import { startAgentPort } from '../agent/agent-port.js';
import { openSource } from '../agent/sources/open-source.js';
import type { OpenedSource } from '../agent/sources/opened-source.js';
import { BUNDLED_PLUGINS } from '../plugins/registry.js';
import { formatAddress, parseAddress } from '../protocol/address.js';
import { HealthClient } from '../protocol/health-client.js';
import { timestampToMillis } from '../protocol/model.js';
import { systemClock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import { parseFlags } from '../runtime/flags.js';
import type { RunningHttpServer } from '../runtime/http-server.js';
import type { Logger } from '../runtime/logger.js';
import { createLogger, logLevelFromName } from '../runtime/logger.js';
import { packageVersion } from '../runtime/package-root.js';
import { findingToJson, formatFinding } from './finding-format.js';
import { logtailCommand } from './logtail-commands/logtail-commands.js';
import type { LogtailValues } from './logtail-flags.js';
import { LOGTAIL_FLAGS } from './logtail-flags.js';
import { setupOf } from './logtail-setup.js';
import { USUAL_EXIT_CODES, formatManual } from './manual.js';
import { describePlugin } from './plugin-flags.js';
import type { ExitCode } from './run.js';
import { InfoRequest, runCommand } from './run.js';
import { clientSecurityOf } from './security-flags.js';

const HELP = formatManual({
  name: 'hview-logtail',
  summary: "follows components' logs and reports what they say of others",
  usage: [
    '[options] -log FILE PLUGIN [plugin options]',
    '[options] -config FILE',
    'check|explain|new-plugin ...',
  ],
  description: `
Reads components' logs, turns lines that say something about a component's health into
observations, prints them and reports them to an aggregator. It remembers how far it has read:
started again it goes on there, and what was rotated meanwhile is read first. It waits for a log
that is not there yet and for an aggregator that is away.`,
  flags: LOGTAIL_FLAGS,
  sections: {
    Commands: `
check         examine a rule set, or with -config try all that a configuration names
explain       tell what the rules make of a whole log, or of one line, and why
new-plugin    write a small plugin of your own that works

Each has its own --help.`.trim(),
    Plugins: `${BUNDLED_PLUGINS.map(describePlugin).join('\n')}
Instead of one of these, the path or package name of your own; --filter stands with any.`,
    Files: `
/var/lib/hview/logtail/LOG-MARK         for root: how far a log was read, and what is not delivered
~/.local/state/hview/logtail/LOG-MARK   the same for others; -state names another place
filters/rules/PLUGIN.json               the plugins' own rules, in the package`.trim(),
    Environment: `
XDG_STATE_HOME    state is kept in hview/logtail below it, instead of the places above
TZ                the zone of the log's time stamps, where neither -tz nor the configuration says`.trim(),
    Signals: `
SIGTERM, SIGINT   end, after it has delivered what it can in 5 seconds; a second one: at once
SIGHUP            load the rules again, as does a change of their file
SIGUSR2           print the accounts on standard error`.trim(),
    'Exit codes': `
${USUAL_EXIT_CODES}
2  the aggregator cannot be reached (with -once; otherwise the agent waits for it)`.trim(),
    Examples: `
hview-logtail -server localhost:6688 -log /var/log/zookeeper/zookeeper.log \\
  zookeeper --ensemble /etc/zookeeper/conf/zoo.cfg
hview-logtail -log '/var/log/hadoop/hadoop-hdfs-*.log' hdfs --conf /etc/hadoop/conf
hview-logtail -report=false -once -stale=-1 -json -log system.log cassandra
hview-logtail check -config /etc/hview/agent.json`.trim(),
    'See also': 'hview-server(1), hview-client(1); agent, filters and plugins/README.md of the package',
  },
});

/** How long -once keeps trying to reach an aggregator before it gives up, milliseconds. */
const ONCE_PATIENCE_MS = 10_000;

/** How long a stopped agent may take to deliver what it has read, milliseconds. */
const DRAIN_LIMIT_MS = 5000;

/** How long questions of its health may hold up the end, milliseconds. */
const HTTP_STOP_LIMIT_MS = 250;

/** Logs of a source with figures of their own; of the others there are the sums. */
const LOGS_SHOWN = 200;

const command = (await logtailCommand(process.argv.slice(2))) ?? { name: 'hview-logtail', help: HELP, run };
await runCommand(command);

async function run(words: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const { values, given, rest, request } = parseFlags(LOGTAIL_FLAGS, words);
  if (request !== null) throw new InfoRequest(request);
  const level = logLevelFromName(values.log_level);
  if (level === undefined)
    throw new HviewError('USAGE', `flag -log_level: "${values.log_level}" is no level`);
  const logger = createLogger({ level, program: 'hview-logtail' });

  const setup = await setupOf(values, given, rest, logger);
  const sources: OpenedSource[] = [];
  const security = clientSecurityOf(setup.security, logger);
  const client = values.report
    ? new HealthClient({ target: setup.server, ...(security === undefined ? {} : { security }) })
    : null;
  const print = values.json ? findingToJson : formatFinding;
  try {
    for (const settings of setup.sources) sources.push(await openSource(settings, logger));
    const metrics = setup.showsMetrics && setup.http !== '' ? await agentMetrics(() => agent) : null;
    const agent: Agent = new Agent({
      sources,
      mode: values.once ? 'once' : 'follow',
      stateFolder: setup.state,
      delivery:
        client === null
          ? null
          : {
              client,
              giveUpAfterMs: values.once ? ONCE_PATIENCE_MS : Infinity,
              onSettled: ({ report }, outcome) => {
                if (outcome === 'accepted') metrics?.delivered(timestampToMillis(report.observation.time));
              },
            },
      spoolBytes: setup.spoolBytes,
      onFinding: (finding) => {
        process.stdout.write(print(finding));
        metrics?.found(finding);
      },
      clock: systemClock,
      random: Math.random,
      logger,
    });
    // From now on: a signal that comes while it starts must not end it.
    const release = onSignals(agent, logger);
    try {
      await agent.start();
    } catch (error) {
      release();
      throw error;
    }
    let port: RunningHttpServer | null = null;
    try {
      if (setup.http !== '') {
        const address = parseAddress(setup.http, 0);
        port = await startAgentPort({
          address,
          condition: () => agent.condition(),
          routes: metrics === null ? [] : [metrics.route()],
          clock: systemClock,
          logger,
        });
      }
      logger.info('reading', {
        sources: setup.sources.map(({ name, logs, plugin }) => ({ name, logs, plugin })),
        aggregator: client?.target ?? 'none',
        state: setup.state ?? 'none',
        http: port === null ? 'none' : formatAddress(port.address),
      });
      await Promise.race([agent.finished(), aborted(signal)]);
      if (values.once) await Promise.race([agent.drained(), aborted(signal)]);
    } finally {
      release();
      await port?.stop(HTTP_STOP_LIMIT_MS);
      await agent.stop(DRAIN_LIMIT_MS);
      summarize(await agent.counts(), values, logger);
    }
  } finally {
    client?.close();
    security?.close();
    for (const { plugin } of sources) plugin.close();
  }
  return 0;
}

/** Loaded only where it is asked for: an agent that nobody looks at is to stay small. */
async function agentMetrics(agent: () => Agent): Promise<AgentMetrics> {
  const { AgentMetrics } = await import('../agent/metrics/agent-metrics.js');
  return new AgentMetrics({
    counts: () => agent().counts(),
    standings: () => agent().standings(LOGS_SHOWN),
    now: () => systemClock.now(),
    version: packageVersion(),
  });
}

/** Listens until the function that it returns is called. */
function onSignals(agent: Agent, logger: Logger): () => void {
  const reload = (): void => void agent.reloadRules();
  const tell = (): void => void agent.counts().then((counts) => logger.info('the accounts', { counts }));
  process.on('SIGHUP', reload);
  process.on('SIGUSR2', tell);
  return () => {
    process.off('SIGHUP', reload);
    process.off('SIGUSR2', tell);
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function summarize(counts: AgentCounts, values: LogtailValues, logger: Logger): void {
  logger.info('the agent ends', { counts });
  const undelivered = (counts.spool?.waiting.entries ?? 0) + (counts.delivery?.outcomes['given-up'] ?? 0);
  if (undelivered > 0) logger.warn('findings were not delivered', { undelivered });
  const sum = (pick: (source: AgentCounts['sources'][number]) => number): number =>
    counts.sources.reduce((total, source) => total + pick(source), 0);
  if (sum(({ findings }) => findings) === 0 && sum(({ quiet }) => quiet['stale'] ?? 0) > 0) {
    logger.warn('all events were older than the stale limit; -stale=-1 takes them whatever their age', {
      staleSeconds: values.stale,
    });
  }
}
