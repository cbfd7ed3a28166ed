import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { HviewError, fileError } from '../runtime/errors.js';
import { packageFile } from '../runtime/package-root.js';

/** A captured incident as the demo replays it. */
export interface DemoSample {
  /** `a ZooKeeper 3.8.4 cluster of 3, captured during "killed-follower"`. */
  readonly description: string;
  readonly plugin: string;
  readonly logs: readonly DemoLog[];
}

export interface DemoLog {
  /** Of the file; a plugin may read from it whose log it is. */
  readonly fileName: string;
  readonly text: string;
  readonly pluginOptions: Readonly<Record<string, string>>;
}

/** What the capture scripts note of an incident. */
interface Truth {
  readonly system?: string;
  readonly version: string;
  readonly scenario: string;
  readonly servers: readonly TruthServer[];
}

interface TruthServer {
  readonly id: number | string;
  readonly log?: string;
  readonly config?: string;
}

const SYSTEMS: Readonly<
  Record<
    string,
    { readonly title: string; options(folder: string, server: TruthServer): Record<string, string> }
  >
> = {
  zookeeper: {
    title: 'a ZooKeeper',
    options: (folder, { id }) => ({ ensemble: join(folder, 'zoo.cfg'), myid: String(id) }),
  },
  hdfs: { title: 'an HDFS', options: (folder) => ({ conf: join(folder, 'conf') }) },
  cassandra: {
    title: 'a Cassandra',
    options: (folder, { config = '' }) => ({ config: join(folder, config) }),
  },
};

/** Reads a sample, given by its path below the package. Throws FILE_UNREADABLE. */
export function readSample(path: string): DemoSample {
  const folder = packageFile(...path.split('/'));
  const truth = JSON.parse(readText(join(folder, 'truth.json'))) as Truth;
  const { system: plugin = 'zookeeper', version, scenario, servers } = truth;
  const system = SYSTEMS[plugin];
  if (system === undefined) {
    throw new HviewError('USAGE', `flag -sample: ${path} is of "${plugin}", which the demo does not know`);
  }
  return {
    description: `${system.title} ${version} cluster of ${servers.length}, captured during "${scenario}"`,
    plugin,
    logs: servers.map((server) => {
      const log = server.log ?? `zookeeper-${server.id}.out`;
      return {
        fileName: basename(log, '.gz'),
        text: readText(join(folder, log)),
        pluginOptions: system.options(folder, server),
      };
    }),
  };
}

/** Captures that are large are packed. */
function readText(file: string): string {
  try {
    const found = existsSync(file) ? file : `${file}.gz`;
    const bytes = readFileSync(found);
    return (found.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw fileError('FILE_UNREADABLE', 'cannot read the sample', file, error);
  }
}
