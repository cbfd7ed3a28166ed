import { parseAddress } from '../protocol/address.js';
import { HviewError, describeError } from '../runtime/errors.js';
import { ConfigSection, parseJsonObject } from './config-section.js';
import type { LimitsConfig } from './limits-config.js';
import { DEFAULT_LIMITS, readLimits } from './limits-config.js';
import type { AlertsConfig } from './alerts/alerts-config.js';
import { NO_ALERTS, readAlerts } from './alerts/alerts-config.js';
import type { SecurityConfig } from './security-config.js';
import { NO_SECURITY, readSecurity } from './security-config.js';
import type { AlgorithmName } from './inference/algorithms.js';
import { ALGORITHMS, DEFAULT_ALGORITHM, isAlgorithmName } from './inference/algorithms.js';
import type { LogLevel } from '../runtime/logger.js';
import type { RetentionLimits } from './persistence/persistence.js';
import { logLevelFromName } from '../runtime/logger.js';

/** Which observations are dropped for their age, and when that is looked at. */
export interface RetentionConfig {
  readonly enable: boolean;
  /** Seconds between two looks. */
  readonly frequencySeconds: number;
  /** Older observations go. */
  readonly thresholdSeconds: number;
  /** Age counts against the newest of the same view, which always stays; otherwise against now. */
  readonly relative: boolean;
}

/** For how long, and how many a subject, reports of peers are held that nobody here watches. */
export interface HoldConfig {
  readonly timeSeconds: number;
  readonly listLength: number;
}

export interface AggregatorConfig {
  /** host:port by which peers call it. */
  readonly address: string;
  /** host:port to listen on, where peers call it by another: in a container, behind a proxy. Empty: the same. */
  readonly listen: string;
  /** host:port of the page and its data; empty: nowhere. */
  readonly httpAddress: string;
  readonly id: string;
  /** Watched from the start. */
  readonly subjects: readonly string[];
  /** All aggregators of the group, this one among them: id → host:port. Empty: it stands alone. */
  readonly peers: ReadonlyMap<string, string>;
  /** Take in from peers only reports on watched subjects. */
  readonly filterSubmission: boolean;
  /** How panoramas are summed up. */
  readonly inference: AlgorithmName;
  readonly logLevel: LogLevel;
  readonly dumpMemoryUsage: boolean;
  /** The journal; empty: nothing is kept. */
  readonly databaseFile: string;
  /** How much of the past the journal keeps. */
  readonly journal: RetentionLimits;
  readonly retention: RetentionConfig;
  readonly hold: HoldConfig;
  readonly security: SecurityConfig;
  readonly limits: LimitsConfig;
  readonly alerts: AlertsConfig;
}

const DEFAULT_RETENTION = { frequencySeconds: 180, thresholdSeconds: 300, relative: true } as const;
/** A month, on a disk that has a gigabyte to spare: some three million reports. */
const DEFAULT_JOURNAL_LIMITS: RetentionLimits = { maxAgeMs: 30 * 86_400_000, maxBytes: 1e9 };
const DEFAULT_HOLD: HoldConfig = { timeSeconds: 180, listLength: 60 };

/** An aggregator on its own, without a configuration file. */
export function standaloneConfig(id: string, address: string, databaseFile = ''): AggregatorConfig {
  return {
    address,
    listen: '',
    httpAddress: '',
    id,
    subjects: [],
    peers: new Map(),
    filterSubmission: false,
    inference: DEFAULT_ALGORITHM,
    logLevel: 'info',
    dumpMemoryUsage: false,
    databaseFile,
    journal: DEFAULT_JOURNAL_LIMITS,
    retention: { enable: false, ...DEFAULT_RETENTION },
    hold: DEFAULT_HOLD,
    security: NO_SECURITY,
    limits: DEFAULT_LIMITS,
    alerts: NO_ALERTS,
  };
}

/**
 * Reads the JSON that hview-mkrc writes. Keys count in any case and unknown ones are ignored, as the
 * original does. `givenId` comes before the file's, so that one file serves all of a group. Throws
 * CONFIG_INVALID that names the file and everything that is wrong with it.
 */
export function loadConfig(text: string, file: string, givenId = ''): AggregatorConfig {
  const problems: string[] = [];
  const root = new ConfigSection(parseJsonObject(text, file), '', problems);
  const ownId = root.text('Id', '');
  const id = givenId === '' ? ownId : givenId;
  const peers = new Map(root.section('Peers').texts());
  const address = checkAddresses(id, root.text('Addr', ''), peers, problems);
  const listen = root.text('Listen', '');
  if (listen !== '') checkAddress(listen, 'Listen', problems);
  const levelName = root.text('LogLevel', '');
  const logLevel = levelName === '' ? 'info' : logLevelFromName(levelName);
  if (logLevel === undefined) problems.push(`LogLevel: "${levelName}" is none of debug, info, warn, error`);

  const inference = root.text('Inference', DEFAULT_ALGORITHM);
  if (!isAlgorithmName(inference)) {
    problems.push(`Inference: "${inference}" is none of ${Object.keys(ALGORITHMS).join(', ')}`);
  }

  const config: AggregatorConfig = {
    address,
    listen,
    httpAddress: readHttpAddress(root.section('Http'), problems),
    id,
    subjects: root.list('Subjects'),
    peers,
    filterSubmission: root.flag('FilterSubmission', false),
    inference: isAlgorithmName(inference) ? inference : DEFAULT_ALGORITHM,
    logLevel: logLevel ?? 'info',
    dumpMemoryUsage: root.flag('DumpMemUsage', false),
    databaseFile: root.text('DBFile', ''),
    journal: readJournal(root.section('Journal')),
    retention: readRetention(root.section('GCConfig')),
    hold: readHold(root.section('BufConfig')),
    security: readSecurity(root, problems),
    limits: readLimits(root, problems),
    alerts: readAlerts(root, problems),
  };
  if (problems.length > 0) {
    throw new HviewError('CONFIG_INVALID', `${file}: ${problems.join('; ')}`, {
      hint: 'hview-mkrc writes a configuration that works.',
    });
  }
  return config;
}

function readHttpAddress(section: ConfigSection, problems: string[]): string {
  const address = section.text('Addr', '');
  try {
    if (address !== '') parseAddress(address);
  } catch (error) {
    problems.push(`Http.Addr: ${describeError(error)}`);
  }
  return address;
}

function readRetention(section: ConfigSection): RetentionConfig {
  const enable = section.flag('Enable', false);
  const relative = section.flag('Relative', DEFAULT_RETENTION.relative);
  const frequencySeconds = section.number('Frequency', 0);
  // Without a frequency the threshold does not count either: that is how the original reads it.
  if (frequencySeconds <= 0) return { enable, ...DEFAULT_RETENTION, relative };
  const thresholdSeconds = section.number('Threshold', DEFAULT_RETENTION.thresholdSeconds);
  return { enable, frequencySeconds, thresholdSeconds, relative };
}

function readJournal(section: ConfigSection): RetentionLimits {
  return {
    maxAgeMs: section.milliseconds('MaxAge', DEFAULT_JOURNAL_LIMITS.maxAgeMs),
    maxBytes: section.bytes('MaxSize', DEFAULT_JOURNAL_LIMITS.maxBytes),
  };
}

function readHold(section: ConfigSection): HoldConfig {
  const timeSeconds = section.number('HoldTime', 0);
  if (timeSeconds <= 0) return DEFAULT_HOLD;
  return { timeSeconds, listLength: section.number('HoldListLen', DEFAULT_HOLD.listLength) };
}

function checkAddresses(
  id: string,
  address: string,
  peers: ReadonlyMap<string, string>,
  problems: string[],
): string {
  if (id === '') problems.push('Id: is missing');
  for (const [peer, peerAddress] of peers) checkAddress(peerAddress, `Peers.${peer}`, problems);
  const own = peers.get(id);
  if (own === undefined) problems.push(`Id: "${id}" is not present in Peers`);
  else if (address !== '' && address !== own) {
    problems.push(`Addr: "${address}" is not the same as the one in Peers, "${own}"`);
  }
  return address === '' ? (own ?? '') : address;
}

function checkAddress(address: string, part: string, problems: string[]): void {
  try {
    parseAddress(address);
  } catch (error) {
    problems.push(`${part}: ${describeError(error)}`);
  }
}

/** The configuration as hview-mkrc writes it: the original's keys in the original's order. */
export function formatConfig(
  config: Pick<
    AggregatorConfig,
    'address' | 'id' | 'subjects' | 'peers' | 'filterSubmission' | 'databaseFile'
  >,
): string {
  const file = {
    Addr: config.address,
    Id: config.id,
    Subjects: config.subjects.length === 0 ? null : config.subjects,
    Peers: {},
    FilterSubmission: config.filterSubmission,
    LogLevel: '',
    DumpMemUsage: false,
    DBFile: config.databaseFile,
    GCConfig: { Enable: false, Frequency: 0, Threshold: 0, Relative: false },
    BufConfig: { HoldTime: 0, HoldListLen: 0 },
  };
  // Written by hand, as a JavaScript object would put names that are numbers first and in order of number.
  const text = JSON.stringify(file, null, 4).replace(
    '"Peers": {}',
    () => `"Peers": ${formatPeers(config.peers)}`,
  );
  return `${text}\n`;
}

function formatPeers(peers: ReadonlyMap<string, string>): string {
  if (peers.size === 0) return '{}';
  const sorted = [...peers].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const lines = sorted.map(([id, address]) => `        ${JSON.stringify(id)}: ${JSON.stringify(address)}`);
  return `{\n${lines.join(',\n')}\n    }`;
}
