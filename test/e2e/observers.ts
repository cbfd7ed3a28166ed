import { Agent } from '../../agent/agent.js';
import type { Finding } from '../../agent/finding.js';
import { openSource } from '../../agent/sources/open-source.js';
import { SOURCE_DEFAULTS } from '../../agent/sources/source-settings.js';
import type { Status } from '../../protocol/model.js';
import { worstStatus } from '../../protocol/model.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { runAggregator } from '../support/aggregators.js';
import type { RunningAggregator } from '../support/aggregators.js';
import type { Cluster, ClusterNode } from './cluster.js';

/** How long the last findings may take to be delivered, milliseconds. */
const DRAIN_LIMIT_MS = 1000;

/** An aggregator, and an agent beside every node of a cluster. */
export class Observers {
  readonly nodes: readonly ClusterNode[];
  /** Everything that was found so far. */
  readonly findings: Finding[] = [];
  readonly #aggregator: RunningAggregator;
  readonly #stops: (() => Promise<void>)[] = [];

  private constructor(nodes: readonly ClusterNode[], aggregator: RunningAggregator) {
    this.nodes = nodes;
    this.#aggregator = aggregator;
  }

  static async start(cluster: Cluster): Promise<Observers> {
    const observers = new Observers(await cluster.nodes(), await runAggregator());
    for (const node of observers.nodes) await observers.#watch(cluster, node);
    return observers;
  }

  /** The worst status of every subject's verdict now. */
  async verdicts(): Promise<ReadonlyMap<string, Status>> {
    const inferences = await this.#aggregator.client.dumpInference();
    return new Map([...inferences].map(([subject, { observation }]) => [subject, worstStatus(observation)]));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
    await this.#aggregator.stop();
  }

  async #watch(cluster: Cluster, node: ClusterNode): Promise<void> {
    const source = await openSource(
      {
        ...SOURCE_DEFAULTS,
        name: node.name,
        logs: [node.log],
        plugin: cluster.system,
        pluginOptions: node.pluginOptions,
        timeZone: 'UTC',
        // A log says at its start who writes it; what is old is no news.
        staleSeconds: 5,
      },
      silentLogger,
    );
    const agent = new Agent({
      sources: [source],
      mode: 'follow',
      stateFolder: null,
      delivery: { client: this.#aggregator.client, giveUpAfterMs: Infinity },
      onFinding: (finding) => this.findings.push(finding),
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
    });
    await agent.start();
    this.#stops.push(async () => {
      await agent.stop(DRAIN_LIMIT_MS);
      source.plugin.close();
    });
  }
}
