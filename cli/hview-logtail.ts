#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Agent } from '../agent/agent.js';
import type { Delivery } from '../agent/reporter.js';
import { Reporter, REPORTER_DEFAULTS } from '../agent/reporter.js';
import { compileRuleSet } from '../filters/compile.js';
import { loadRuleSet } from '../filters/load-rule-set.js';
import type { Matcher } from '../filters/matcher.js';
import type { LogPlugin, LogPluginFactory } from '../plugins/log-plugin.js';
import { BUNDLED_PLUGINS, loadPlugin } from '../plugins/registry.js';
import { DEFAULT_PORT } from '../protocol/address.js';
import { HealthClient } from '../protocol/health-client.js';
import { sleep, systemClock } from '../runtime/clock.js';
import { HviewError, fileError } from '../runtime/errors.js';
import type { FlagTable } from '../runtime/flags.js';
import { describeFlags, parseFlags } from '../runtime/flags.js';
import type { Logger } from '../runtime/logger.js';
import { createLogger, logLevelFromName } from '../runtime/logger.js';
import { packageFile } from '../runtime/package-root.js';
import { findingToJson, formatFinding } from './finding-format.js';
import type { ExitCode } from './run.js';
import { InfoRequest, runCommand } from './run.js';

const FLAGS = {
  log: { kind: 'text', default: '', placeholder: 'file', help: 'The log to read. Required.' },
  server: {
    kind: 'text',
    default: `localhost:${DEFAULT_PORT}`,
    placeholder: 'host:port',
    help: 'The aggregator to report to.',
  },
  report: {
    kind: 'switch',
    default: true,
    help: 'Whether to report; -report=false only prints what would be reported.',
  },
  stale: {
    kind: 'number',
    default: 300,
    placeholder: 'seconds',
    help: 'Skip events older than this; -1: never.',
  },
  merge: {
    kind: 'number',
    default: 1,
    placeholder: 'seconds',
    help: 'Skip an event that repeats the last one on its subject and context within this time; 0: never.',
  },
  once: {
    kind: 'switch',
    default: false,
    help: 'Read to the end of the log, deliver, and exit, instead of following it.',
  },
  json: { kind: 'switch', default: false, help: 'Print each event as a JSON object on a line of its own.' },
  tz: {
    kind: 'text',
    default: '',
    placeholder: 'zone',
    help: "Time zone of the log's time stamps, such as UTC or Europe/Berlin. Without it this machine's.",
  },
  log_level: {
    kind: 'text',
    default: 'info',
    placeholder: 'level',
    help: 'How much the agent says about itself on standard error: debug, info, warn or error.',
  },
} as const satisfies FlagTable;

const FILTER_FLAG = {
  filter: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: "The rules (JSON): which lines matter, whom they speak of, how bad it is. Without it the plugin's own.",
  },
} as const satisfies FlagTable;

const HELP = `Usage: hview-logtail [options] -log FILE PLUGIN [plugin options]

Reads a component's log, turns lines that say something about a component's health into
observations, prints them and reports them to an aggregator.

Options:
${describeFlags(FLAGS)}

Plugins (or the path or package name of your own):
${BUNDLED_PLUGINS.map(describePlugin).join('\n')}
Example:
  hview-logtail -server localhost:6688 -log /var/log/zookeeper/zookeeper.log \\
    zookeeper --ensemble /etc/zookeeper/conf/zoo.cfg

Exit codes: 0 done; 1 wrong use, or a file that cannot be used; 2 the aggregator cannot be
reached (with -once; otherwise the agent waits for it).
`;

/** How long -once keeps trying to reach an aggregator before it gives up, milliseconds. */
const ONCE_PATIENCE_MS = 10_000;

/** How long a stopped agent may take to deliver what it has read, milliseconds. */
const DRAIN_LIMIT_MS = 5000;

/** How many findings met which end. */
type Deliveries = Record<Delivery, number>;

await runCommand({ name: 'hview-logtail', help: HELP, run });

async function run(words: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const { values, rest, request } = parseFlags(FLAGS, words);
  if (request !== null) throw new InfoRequest(request);
  if (values.log === '')
    throw new HviewError('USAGE', 'Log file argument is empty', { hint: 'Name it with -log FILE.' });
  const level = logLevelFromName(values.log_level);
  if (level === undefined)
    throw new HviewError('USAGE', `flag -log_level: "${values.log_level}" is no level`);
  const logger = createLogger({ level, program: 'hview-logtail' });

  const { plugin, matcher } = await openPlugin(rest, values.tz, logger);
  const client = values.report ? new HealthClient({ target: values.server }) : null;
  const deliveries: Deliveries = { accepted: 0, ignored: 0, failed: 0, refused: 0, 'given-up': 0 };
  const reporter =
    client === null
      ? null
      : new Reporter({
          sink: client,
          module: plugin.module,
          clock: systemClock,
          random: Math.random,
          logger,
          ...REPORTER_DEFAULTS,
          giveUpAfterMs: values.once ? ONCE_PATIENCE_MS : Infinity,
          onDelivered: (_, delivery) => (deliveries[delivery] += 1),
        });
  const print = values.json ? findingToJson : formatFinding;
  const agent = new Agent({
    logPath: values.log,
    mode: values.once ? 'once' : 'follow',
    plugin,
    matcher,
    suppress: { staleSeconds: values.stale, mergeSeconds: values.merge },
    reporter,
    onFinding: (finding) => void process.stdout.write(print(finding)),
    clock: systemClock,
    logger,
  });

  try {
    await agent.start();
    logger.info('reading the log', {
      path: values.log,
      plugin: plugin.name,
      observer: plugin.observer ?? 'from the log',
      aggregator: client?.target ?? 'none',
    });
    await Promise.race([agent.finished, aborted(signal)]);
    await drain(agent, reporter, signal, values.once);
  } finally {
    // Sets a reader free that waits for room in the reporter.
    reporter?.close();
    await agent.stop();
    client?.close();
    plugin.close();
    summarize(agent, { ...deliveries, pending: reporter?.pending ?? 0 }, values.stale, logger);
  }
  return 0;
}

async function openPlugin(
  words: readonly string[],
  zone: string,
  logger: Logger,
): Promise<{ plugin: LogPlugin; matcher: Matcher }> {
  const [name, ...optionWords] = words;
  if (name === undefined) throw new HviewError('USAGE', 'no plugin is named', { hint: `${pluginNames()}.` });
  const factory = await loadPlugin(name);
  const table = { ...FILTER_FLAG, ...pluginFlags(factory) };
  const { values, given, rest, request } = parseFlags<FlagTable>({ ...FLAGS, ...table }, optionWords);
  if (request !== null) throw new InfoRequest(request);
  const misplaced = [...given].find((flag) => !Object.hasOwn(table, flag));
  if (misplaced !== undefined) {
    throw new HviewError('USAGE', `flag -${misplaced} stands after the plugin's name`, {
      hint: `Put it before ${name}; what follows the name is for the plugin.`,
    });
  }
  if (rest.length > 0) throw new HviewError('USAGE', `unexpected word "${rest[0] ?? ''}" after the plugin`);

  const options: Record<string, string> = {};
  for (const option of factory.options) {
    if (given.has(option.name) || option.default !== undefined)
      options[option.name] = String(values[option.name]);
  }
  const plugin = await factory.create({
    options,
    timeZone: zone === '' ? null : zone,
    notice: (message) => logger.warn(message),
  });
  return { plugin, matcher: loadMatcher(plugin, String(values['filter']), logger) };
}

function loadMatcher(plugin: LogPlugin, filterPath: string, logger: Logger): Matcher {
  let path = filterPath;
  if (path === '') {
    if (plugin.defaultRuleSet === null) {
      throw new HviewError('USAGE', `the plugin ${plugin.name} has no rules of its own`, {
        hint: 'Name a rule file with --filter.',
      });
    }
    path = packageFile('filters', 'rules', plugin.defaultRuleSet);
  }
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError('FILTER_INVALID', 'cannot read the filter file', path, error);
  }
  const ruleSet = loadRuleSet(text, path);
  for (const warning of ruleSet.warnings) logger.warn('the filter file has something odd', { path, warning });
  return compileRuleSet(ruleSet);
}

function pluginFlags(factory: LogPluginFactory): FlagTable {
  return Object.fromEntries(
    factory.options.map(({ name, help, default: value }) => [
      name,
      { kind: 'text', default: value ?? '', placeholder: 'value', help } as const,
    ]),
  );
}

function describePlugin(factory: LogPluginFactory): string {
  const flags = describeFlags({ ...pluginFlags(factory), ...FILTER_FLAG });
  return `  ${factory.name}: ${factory.summary}\n${flags.replaceAll(/^ {2}/gm, '    ').replaceAll(/^( +)-/gm, '$1--')}\n`;
}

function pluginNames(): string {
  return `Bundled plugins: ${BUNDLED_PLUGINS.map(({ name }) => name).join(', ')}`;
}

/** Reads no more, and waits until all is delivered; after a signal only for a limited time. */
async function drain(
  agent: Agent,
  reporter: Reporter | null,
  signal: AbortSignal,
  isOnce: boolean,
): Promise<void> {
  const delivered = agent.stop().then(() => reporter?.drain());
  // Cut short when all is delivered: a timer left behind would keep the process alive.
  const drained = new AbortController();
  const limit = (): Promise<void> => sleep(systemClock, DRAIN_LIMIT_MS, drained.signal);
  try {
    if (isOnce && !signal.aborted) await Promise.race([delivered, aborted(signal).then(limit)]);
    else await Promise.race([delivered, limit()]);
  } finally {
    drained.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function summarize(
  agent: Agent,
  deliveries: Deliveries & { readonly pending: number },
  staleSeconds: number,
  logger: Logger,
): void {
  const { lines, findings, quiet } = agent.counts();
  const { accepted, ignored, failed, refused, pending, 'given-up': givenUp } = deliveries;
  const undelivered = givenUp + pending;
  logger.info('the agent ends', {
    lines,
    findings,
    ...{ accepted, ignored, failed, refused, undelivered },
    quiet: Object.fromEntries(quiet),
  });
  if (undelivered > 0) logger.error('findings were not delivered', { undelivered });
  if (findings === 0 && (quiet.get('stale') ?? 0) > 0) {
    logger.warn('all events were older than the stale limit; -stale=-1 takes them whatever their age', {
      staleSeconds,
    });
  }
}
