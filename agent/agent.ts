import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.js';
import { every } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import { Lifecycle } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import type { AgentCondition } from './agent-condition.js';
import type { AgentCounts } from './agent-counts.js';
import { sourceCountsOf } from './agent-counts.js';
import type { Checkpoint } from './checkpoint/checkpoint.js';
import { CheckpointStore } from './checkpoint/checkpoint-store.js';
import { RENEW_LOCK_MS, lockState } from './checkpoint/state-lock.js';
import { Deliverer } from './delivery/deliverer.js';
import type { DelivererOptions } from './delivery/deliverer.js';
import type { Finding } from './finding.js';
import type { LogStanding } from './log-standing.js';
import { openLogsLimit } from './sources/open-limit.js';
import { loadRules } from './sources/open-source.js';
import type { OpenedSource } from './sources/opened-source.js';
import { RulesWatch } from './sources/rules-watch.js';
import { SourceLogs } from './sources/source-logs.js';
import { Spool } from './spool/spool.js';
import { SpoolSink } from './spool-sink.js';
import { FolderWatches } from './tail/folder-watches.js';
import { ReadBuffers } from './tail/read-buffers.js';

export interface AgentOptions {
  readonly sources: readonly OpenedSource[];
  /** `follow`: for ever, through rotations; `once`: each log to its end. */
  readonly mode: 'follow' | 'once';
  /** Where checkpoints and undelivered findings are kept; null: nowhere. */
  readonly stateFolder: string | null;
  /** How findings get to an aggregator; null: they do not. */
  readonly delivery: Omit<DelivererOptions, 'spool' | 'clock' | 'logger' | 'agent' | 'stateFolder'> | null;
  /** Undelivered findings kept at most, bytes. */
  readonly spoolBytes?: number;
  /** Logs of a source that are open at once. */
  readonly maxOpenLogs?: number;
  /** Called with each finding before it is delivered. */
  readonly onFinding: (finding: Finding) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const DEFAULT_SPOOL_BYTES = 64 * 1024 * 1024;

/** How often findings are looked over for those whose time is over, milliseconds. */
const TICK_MS = 250;

/** How much is read again at most after a crash, milliseconds of reading. */
const CHECKPOINT_MS = 1000;

/** How long the last checkpoints may take, milliseconds. */
const LAST_CHECKPOINTS_MS = 3000;

/** How far the logs of a source are. */
export interface SourceStanding {
  readonly source: string;
  readonly logs: readonly LogStanding[];
}

/** One source at work. */
interface RunningSource {
  readonly opened: OpenedSource;
  readonly logs: SourceLogs;
  /** What the rule file said when it was last of use. */
  rulesText: string;
  /** Findings that were in the spool from before a restart. */
  again: number;
}

/**
 * A running agent: logs → findings → spool → aggregator. Checkpoints follow the spool: what was read
 * up to a checkpoint is in the spool, what the spool lacks is read again.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #lifecycle: Lifecycle;
  readonly #sources: RunningSource[] = [];
  #spool: Spool | null = null;
  #checkpoints: CheckpointStore | null = null;
  #deliverer: Deliverer | null = null;
  #rulesReloaded = 0;
  #reloadsFailed = 0;
  #isLockRenewed = true;
  #saving: Promise<void> = Promise.resolve();
  #isSaving = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#lifecycle = new Lifecycle(options.clock);
  }

  /**
   * Rejects with STATE_UNUSABLE or FILE_UNWRITABLE when the state folder cannot be used, with
   * FILE_UNREADABLE when a path can never be a log; what was started is stopped again.
   */
  async start(): Promise<void> {
    try {
      await this.#openState();
      this.#startDelivery();
      await this.#startSources();
    } catch (error) {
      await this.stop(0).catch(() => undefined);
      throw error;
    }
  }

  /** Resolves when all logs were read to their end (`once`) or the agent was stopped; rejects when reading fails. */
  async finished(): Promise<void> {
    await Promise.all(this.#sources.map(({ logs }) => logs.finished()));
  }

  /** Resolves when everything found is with the aggregator; rejects when delivery was given up. */
  async drained(): Promise<void> {
    await this.#deliverer?.drained();
  }

  /**
   * Reads no more, delivers for up to `drainMs` what was found, and keeps the rest in the state folder
   * for the next start.
   */
  async stop(drainMs: number): Promise<void> {
    // A reader may wait for room in the spool: delivery goes on meanwhile.
    const read = Promise.all(this.#sources.map(({ logs }) => logs.stop()));
    const drain = read.then(() => this.#deliverer?.drain(drainMs));
    await Promise.race([drain, this.#limit(drainMs)]);
    // Sets free who still waits for room: what cannot be kept now is read again the next time.
    await this.#spool?.close();
    // The last checkpoints are written before another agent may have the state folder.
    await Promise.race([read, this.#limit(LAST_CHECKPOINTS_MS)]);
    await this.#lifecycle.stop();
  }

  /** Goes on with the rules as their files say now; a file that is wrong leaves the old ones in place. */
  async reloadRules(): Promise<void> {
    const { logger } = this.#options;
    for (const running of this.#sources) {
      const { settings, rules } = running.opened;
      try {
        const loaded = await loadRules(rules.path, logger);
        // A watched file is told of once more than it changes.
        if (loaded.text === running.rulesText) continue;
        running.logs.useRules(loaded.matcher);
        running.rulesText = loaded.text;
        this.#rulesReloaded += 1;
        logger.info('the rules were loaded again', { source: settings.name, path: rules.path });
      } catch (error) {
        this.#reloadsFailed += 1;
        const { code, message, hint } = HviewError.from(error);
        logger.error('the rules cannot be loaded; the old ones stay', {
          source: settings.name,
          ...{ code, reason: message, hint },
        });
      }
    }
  }

  /** What was read, found, dropped and why, delivered and lost since the start. */
  async counts(): Promise<AgentCounts> {
    return {
      sources: await Promise.all(
        this.#sources.map(async ({ logs, again }) => sourceCountsOf(logs, again, await logs.behindBytes())),
      ),
      spool: this.#spool?.counts() ?? null,
      delivery: this.#deliverer?.counts() ?? null,
      checkpoints: this.#checkpoints?.counts() ?? null,
      rules: { reloaded: this.#rulesReloaded, reloadsFailed: this.#reloadsFailed },
      memoryBytes: process.memoryUsage.rss(),
    };
  }

  /** What its health is judged by. */
  async condition(): Promise<AgentCondition> {
    const delivery = this.#deliverer?.counts() ?? null;
    return {
      sources: await Promise.all(this.#sources.map(({ logs }) => logs.work())),
      holdsLock: this.#isLockRenewed,
      isStateWritable: this.#checkpoints?.isFailing !== true,
      spool: this.#spool?.condition() ?? null,
      delivery:
        delivery === null
          ? null
          : {
              done: Object.values(delivery.outcomes).reduce((sum, count) => sum + count, delivery.retries),
              awaySinceMs: delivery.awaySinceMs,
            },
    };
  }

  /** How far each open log is, of `limit` logs a source at most. */
  async standings(limit: number): Promise<readonly SourceStanding[]> {
    return Promise.all(
      this.#sources.map(async ({ logs }) => ({ source: logs.name, logs: await logs.standings(limit) })),
    );
  }

  async #openState(): Promise<void> {
    const { stateFolder, delivery, spoolBytes = DEFAULT_SPOOL_BYTES, clock, logger } = this.#options;
    if (stateFolder !== null) {
      const lock = await lockState(stateFolder);
      this.#lifecycle.onStop('the lock of the state folder', () => lock.release());
      const renewal = every(clock, RENEW_LOCK_MS, () => {
        void lock.renew().then((isRenewed) => (this.#isLockRenewed = isRenewed));
      });
      this.#lifecycle.onStop('the renewal of the lock', () => renewal.cancel());
      this.#checkpoints = await CheckpointStore.open({
        folder: join(stateFolder, 'checkpoints'),
        clock,
        logger,
      });
      await this.#checkpoints.cleanUp();
    }
    if (delivery === null) return;
    const folder = stateFolder === null ? null : join(stateFolder, 'spool');
    this.#spool = await Spool.open({ folder, maxBytes: spoolBytes, clock, logger });
  }

  #startDelivery(): void {
    const { delivery, stateFolder, clock, logger } = this.#options;
    const spool = this.#spool;
    if (delivery === null || spool === null) return;
    const agent = `hview-logtail@${hostname()}`;
    const deliverer = new Deliverer({ ...delivery, spool, agent, stateFolder, clock, logger });
    this.#deliverer = deliverer;
    this.#lifecycle.onStop('delivery', () => deliverer.close());
    deliverer.start();
  }

  async #startSources(): Promise<void> {
    const { sources, mode, clock, logger, maxOpenLogs = openLogsLimit() } = this.#options;
    const buffers = new ReadBuffers();
    const onProblem = ({ message, hint }: HviewError): void => logger.warn(message, { hint });
    const folders = new FolderWatches({ onProblem });
    this.#lifecycle.onStop('the folder watches', () => folders.close());
    const shared = { mode, checkpoints: this.#checkpoints, buffers, folders, maxOpenLogs, clock, logger };
    for (const opened of sources) {
      const { plugin, settings } = opened;
      if (plugin.observer !== null) this.#deliverer?.announce(plugin.module, plugin.observer);
      const logs = new SourceLogs({
        ...shared,
        source: opened,
        sinkFor: (path, checkpoint) => this.#sinkFor(running, path, checkpoint),
        durableSequence: () => this.#spool?.durableSequence ?? Infinity,
        onForgotten: (path) => this.#spool?.covered(spoolName(settings.name, path), this.#spool.lastSequence),
        onCovered: (path, { spooled }) => this.#spool?.covered(spoolName(settings.name, path), spooled),
      });
      const running: RunningSource = { opened, logs, rulesText: opened.rules.text, again: 0 };
      this.#sources.push(running);
      await logs.start();
    }
    if (mode === 'once') return;
    const paths = sources.map(({ rules }) => rules.path);
    const watch = new RulesWatch(paths, folders, clock, () => void this.reloadRules());
    this.#lifecycle.onStop('the watch on the rules', () => watch.close());
    const tick = every(clock, TICK_MS, () => {
      for (const { logs } of this.#sources) logs.tick();
    });
    this.#lifecycle.onStop('the tick', () => tick.cancel());
    const checkpoints = every(clock, CHECKPOINT_MS, () => this.#saveCheckpoints());
    this.#lifecycle.onStop('checkpoints', async () => {
      checkpoints.cancel();
      await this.#saving;
    });
  }

  #sinkFor(running: RunningSource, path: string, checkpoint: Checkpoint | null): SpoolSink {
    const { plugin, settings } = running.opened;
    return new SpoolSink({
      spool: this.#spool,
      source: spoolName(settings.name, path),
      path,
      module: plugin.module,
      host: hostname(),
      spooled: checkpoint?.spooled ?? 0,
      onFinding: this.#options.onFinding,
      onAgain: () => (running.again += 1),
    });
  }

  /** One round at a time: a slow disk must not let them pile up. */
  #saveCheckpoints(): void {
    if (this.#isSaving) return;
    this.#isSaving = true;
    this.#saving = (async () => {
      for (const { logs } of this.#sources) await logs.saveCheckpoints();
    })().finally(() => (this.#isSaving = false));
  }

  #limit(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(limitMs, resolve, { unref: true });
    });
  }
}

/** The name of a log among all of a state folder. */
function spoolName(source: string, path: string): string {
  return `${source}\n${path}`;
}
