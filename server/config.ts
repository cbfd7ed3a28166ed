import { parseAddress } from '../protocol/address.js';
import { HviewError, describeError } from '../runtime/errors.js';
import type { AlgorithmName } from './inference/algorithms.js';
import { ALGORITHMS, DEFAULT_ALGORITHM, isAlgorithmName } from './inference/algorithms.js';
import type { LogLevel } from '../runtime/logger.js';
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
  /** host:port to listen on. */
  readonly address: string;
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
  readonly retention: RetentionConfig;
  readonly hold: HoldConfig;
}

const DEFAULT_RETENTION = { frequencySeconds: 180, thresholdSeconds: 300, relative: true } as const;
const DEFAULT_HOLD: HoldConfig = { timeSeconds: 180, listLength: 60 };

/** An aggregator on its own, without a configuration file. */
export function standaloneConfig(id: string, address: string, databaseFile = ''): AggregatorConfig {
  return {
    address,
    id,
    subjects: [],
    peers: new Map(),
    filterSubmission: false,
    inference: DEFAULT_ALGORITHM,
    logLevel: 'info',
    dumpMemoryUsage: false,
    databaseFile,
    retention: { enable: false, ...DEFAULT_RETENTION },
    hold: DEFAULT_HOLD,
  };
}

/**
 * Reads the JSON that hview-mkrc writes. Keys count in any case and unknown ones are ignored, as the
 * original does. Throws CONFIG_INVALID that names the file and everything that is wrong with it.
 */
export function loadConfig(text: string, file: string): AggregatorConfig {
  const problems: string[] = [];
  const root = new Section(parseJson(text, file), '', problems);
  const id = root.text('Id', '');
  const peers = new Map(root.section('Peers').texts());
  const address = checkAddresses(id, root.text('Addr', ''), peers, problems);
  const levelName = root.text('LogLevel', '');
  const logLevel = levelName === '' ? 'info' : logLevelFromName(levelName);
  if (logLevel === undefined) problems.push(`LogLevel: "${levelName}" is none of debug, info, warn, error`);

  const inference = root.text('Inference', DEFAULT_ALGORITHM);
  if (!isAlgorithmName(inference)) {
    problems.push(`Inference: "${inference}" is none of ${Object.keys(ALGORITHMS).join(', ')}`);
  }

  const config: AggregatorConfig = {
    address,
    id,
    subjects: root.list('Subjects'),
    peers,
    filterSubmission: root.flag('FilterSubmission', false),
    inference: isAlgorithmName(inference) ? inference : DEFAULT_ALGORITHM,
    logLevel: logLevel ?? 'info',
    dumpMemoryUsage: root.flag('DumpMemUsage', false),
    databaseFile: root.text('DBFile', ''),
    retention: readRetention(root.section('GCConfig')),
    hold: readHold(root.section('BufConfig')),
  };
  if (problems.length > 0) {
    throw new HviewError('CONFIG_INVALID', `${file}: ${problems.join('; ')}`, {
      hint: 'hview-mkrc writes a configuration that works.',
    });
  }
  return config;
}

function readRetention(section: Section): RetentionConfig {
  const enable = section.flag('Enable', false);
  const relative = section.flag('Relative', DEFAULT_RETENTION.relative);
  const frequencySeconds = section.number('Frequency', 0);
  // Without a frequency the threshold does not count either: that is how the original reads it.
  if (frequencySeconds <= 0) return { enable, ...DEFAULT_RETENTION, relative };
  const thresholdSeconds = section.number('Threshold', DEFAULT_RETENTION.thresholdSeconds);
  return { enable, frequencySeconds, thresholdSeconds, relative };
}

function readHold(section: Section): HoldConfig {
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
  for (const [peer, peerAddress] of peers) {
    try {
      parseAddress(peerAddress);
    } catch (error) {
      problems.push(`Peers.${peer}: ${describeError(error)}`);
    }
  }
  const own = peers.get(id);
  if (own === undefined) problems.push(`Id: "${id}" is not present in Peers`);
  else if (address !== '' && address !== own) {
    problems.push(`Addr: "${address}" is not the same as the one in Peers, "${own}"`);
  }
  return address === '' ? (own ?? '') : address;
}

function parseJson(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HviewError('CONFIG_INVALID', `${file}: not JSON: ${describeError(error)}`, { cause: error });
  }
  if (!isObject(value)) throw new HviewError('CONFIG_INVALID', `${file}: not a JSON object`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** One object of the file; collects what is wrong under the path of the key. */
class Section {
  readonly #values = new Map<string, unknown>();

  constructor(
    private readonly object: Record<string, unknown>,
    private readonly path: string,
    private readonly problems: string[],
  ) {
    for (const [key, value] of Object.entries(object)) this.#values.set(key.toLowerCase(), value);
  }

  text(key: string, absent: string): string {
    return this.#read(key, absent, 'a text', isText);
  }

  flag(key: string, absent: boolean): boolean {
    return this.#read(key, absent, 'true or false', (value) => typeof value === 'boolean');
  }

  number(key: string, absent: number): number {
    return this.#read(key, absent, 'a whole number', (value): value is number => Number.isInteger(value));
  }

  list(key: string): string[] {
    return this.#read<string[]>(
      key,
      [],
      'a list of texts',
      (value): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    );
  }

  section(key: string): Section {
    const object = this.#read<Record<string, unknown>>(key, {}, 'an object', isObject);
    return new Section(object, `${this.path}${key}.`, this.problems);
  }

  /** Every key of the object with a text for a value; here two keys that differ only in case are two. */
  texts(): [string, string][] {
    return Object.entries(this.object).map(([key, value]) => [
      key,
      this.#check(key, value, '', 'a text', isText),
    ]);
  }

  #read<Value>(key: string, absent: Value, kind: string, is: (value: unknown) => value is Value): Value {
    return this.#check(key, this.#values.get(key.toLowerCase()), absent, kind, is);
  }

  #check<Value>(
    key: string,
    value: unknown,
    absent: Value,
    kind: string,
    is: (value: unknown) => value is Value,
  ): Value {
    if (value === undefined || value === null) return absent;
    if (is(value)) return value;
    this.problems.push(`${this.path}${key}: ${JSON.stringify(value)} is not ${kind}`);
    return absent;
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
