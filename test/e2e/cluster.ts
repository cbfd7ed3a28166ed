import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { packageFile } from '../../runtime/package-root.js';

/** How the agent beside a node of each system is told who it is. */
export const SYSTEMS = {
  zookeeper: (config: string, node: string) => ({ ensemble: config, myid: node }),
  hdfs: (config: string) => ({ conf: config }),
  cassandra: (config: string) => ({ config }),
} as const satisfies Record<string, (config: string, node: string) => Readonly<Record<string, string>>>;
export type SystemName = keyof typeof SYSTEMS;

export interface ClusterNode {
  readonly name: string;
  readonly log: string;
  /** The id that observers use for it. */
  readonly subject: string;
  /** Options of its agent's plugin. */
  readonly pluginOptions: Readonly<Record<string, string>>;
}

export interface ClusterScenario {
  readonly name: string;
  /** A node's name, or a role that `victim` resolves; null: nobody is hurt. */
  readonly victim: string | null;
  readonly what: string;
}

/** Starting ten daemons on a busy machine. */
const LIMIT_MS = 600_000;

/** A real cluster, by its script samples/capture/SYSTEM/cluster.sh. */
export class Cluster {
  readonly system: SystemName;
  readonly #folder: string;
  readonly #script: string;

  constructor(system: SystemName, folder: string) {
    this.system = system;
    this.#folder = folder;
    this.#script = packageFile('samples', 'capture', system, 'cluster.sh');
  }

  async up(version: string | undefined): Promise<void> {
    await this.#run('up', this.#folder, ...(version === undefined ? [] : [version]));
  }

  async down(): Promise<void> {
    await this.#run('down', this.#folder).catch(() => undefined);
  }

  async waitReady(): Promise<void> {
    await this.#run('wait-ready', this.#folder);
  }

  /** Steady work until it is stopped. */
  load(): { stop(): void } {
    const child = spawn(this.#script, ['load', this.#folder, '3600'], {
      env: environment(),
      stdio: 'ignore',
      detached: true,
    });
    return {
      stop: () => {
        // The script's children as well: it runs as a process group of its own.
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      },
    };
  }

  async scenarios(): Promise<ClusterScenario[]> {
    return rows(await this.#run('scenarios')).map(([name = '', victim = '-', what = '']) => ({
      name,
      victim: victim === '-' ? null : victim,
      what,
    }));
  }

  async nodes(): Promise<ClusterNode[]> {
    const listed = rows(await this.#run('nodes', this.#folder)).filter(([, role]) => role !== 'zookeeper');
    const all = this.system === 'zookeeper' ? rows(await this.#run('nodes', this.#folder)) : listed;
    return Promise.all(
      all.map(async ([name = '', , , log = '', subject = '']) => {
        const config = await this.#run('config', this.#folder, name);
        return { name, log, subject, pluginOptions: SYSTEMS[this.system](config, name) };
      }),
    );
  }

  /** The id of the one who will be hurt; null: nobody. */
  async victim(scenario: ClusterScenario, nodes: readonly ClusterNode[]): Promise<string | null> {
    if (scenario.victim === null) return null;
    const named = nodes.find(({ name }) => name === scenario.victim);
    if (named !== undefined) return named.subject;
    const name = await this.#run('victim', this.#folder, scenario.name);
    const found = nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`${scenario.name}: there is no node ${name}`);
    return found.subject;
  }

  async fault(scenario: ClusterScenario): Promise<void> {
    await this.#run('fault', this.#folder, scenario.name);
  }

  async mend(scenario: ClusterScenario): Promise<void> {
    await this.#run('mend', this.#folder, scenario.name);
  }

  async #run(...words: readonly string[]): Promise<string> {
    const run = promisify(execFile);
    return (await run(this.#script, words, { env: environment(), timeout: LIMIT_MS })).stdout.trim();
  }
}

/** A network of its own, so that a capture may run beside it. */
function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...{ HVIEW_ZK_PREFIX: 'hve2e', HVIEW_ZK_SUBNET: '10.81.0' },
    ...{ HVIEW_HDFS_PREFIX: 'hve2h', HVIEW_HDFS_SUBNET: '10.84.0' },
    ...{ HVIEW_CASSANDRA_PREFIX: 'hve2c', HVIEW_CASSANDRA_SUBNET: '10.85.0' },
  };
}

function rows(text: string): string[][] {
  return text.split('\n').map((line) => line.split('\t'));
}
