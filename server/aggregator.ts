import type { HealthHandlers } from '../protocol/health-service.js';
import type { Address } from '../protocol/address.js';
import { formatAddress, parseAddress } from '../protocol/address.js';
import type { RunningHealthServer } from '../protocol/health-server.js';
import { startHealthServer } from '../protocol/health-server.js';
import type { Peer } from '../protocol/model.js';
import { timestampToMillis } from '../protocol/model.js';
import type { Verdicts } from '../protocol/verdict.js';
import { every } from '../runtime/clock.js';
import { HviewError, describeError } from '../runtime/errors.js';
import { Lifecycle } from '../runtime/lifecycle.js';
import { healthRoutes } from '../runtime/health-routes.js';
import type { ConnectionCounts } from '../runtime/listener.js';
import { packageVersion } from '../runtime/package-root.js';
import { processMemory } from '../runtime/process-memory.js';
import { Alerting } from './alerts/alerting.js';
import type { AggregatorCounts } from './aggregator-counts.js';
import { aggregatorMetrics } from './aggregator-metrics.js';
import type { AggregatorOptions } from './aggregator-options.js';
import type { AggregatorConfig } from './config.js';
import { GarbageCollection } from './garbage-collection.js';
import { AggregatorHealth } from './health.js';
import { HttpPort } from './http/http-port.js';
import { pageUrl } from './http/page-url.js';
import { ALGORITHMS } from './inference/algorithms.js';
import { Inferences } from './inference/inferences.js';
import { Settling } from './inference/settling.js';
import { Admission } from './intake/admission.js';
import { Intake } from './intake/intake.js';
import { TakenIds } from './intake/taken-ids.js';
import { MemoryLimit } from './memory-limit.js';
import { Mesh } from './relay/mesh.js';
import { standingEntries } from './relay/standing-entries.js';
import { restoreState } from './restore-state.js';
import { batchHandlers, checkEntries } from './rpc/batch-handlers.js';
import { healthHandlers } from './rpc/health-handlers.js';
import { peeringHandlers } from './rpc/peering-handlers.js';
import { Registrations } from './rpc/registrations.js';
import { checkName } from './rpc/validation.js';
import { verdictHandlers } from './rpc/verdict-handlers.js';
import { describeSecurity } from './security-config.js';
import { Security } from './security.js';
import type { HoldOptions } from './store/hold-buffer.js';
import { HoldBuffer } from './store/hold-buffer.js';
import { PanoramaDigests } from './store/panorama-digests.js';
import { DEFAULT_OBSERVATIONS_PER_VIEW, ReportStore } from './store/report-store.js';
import { AggregatorVerdicts } from './verdicts/aggregator-verdicts.js';

const HEALTH_LOOK_MS = 1000;

/** How long each part may take to stop, milliseconds; those that may wait make 5 s together. */
const STOP_LIMIT_MS = { service: 1250, http: 250, relay: 500, part: 3000 } as const;

const NO_CONNECTIONS: ConnectionCounts = { open: 0, accepted: 0, refused: 0, failedHandshakes: 0 };

/**
 * The aggregator: takes reports in, keeps, infers, persists and relays them, and answers. Store,
 * inference, relay and persistence know nothing of each other; they meet here.
 */
export class Aggregator {
  readonly #options: AggregatorOptions;
  readonly #lifecycle: Lifecycle;
  readonly #store: ReportStore;
  readonly #held: HoldBuffer;
  readonly #registrations: Registrations;
  readonly #digests = new PanoramaDigests((subject) => this.#store.panorama(subject));
  readonly #inferences: Inferences;
  readonly #verdicts: AggregatorVerdicts;
  readonly #metrics = aggregatorMetrics({
    counts: () => this.counts(),
    statuses: () => this.#verdicts.list().map(({ status }) => status),
  });
  readonly #security: Security;
  readonly #mesh: Mesh;
  readonly #intake: Intake;
  readonly #memory: MemoryLimit;
  readonly #health: AggregatorHealth;
  readonly #settling: Settling;
  readonly #garbage: GarbageCollection;
  readonly #alerting: Alerting;
  #server: RunningHealthServer | null = null;
  #http: HttpPort | null = null;
  /** It takes reports. */
  #isServing = false;

  constructor(options: AggregatorOptions) {
    const { config, persistence, clock } = options;
    this.#options = options;
    this.#lifecycle = new Lifecycle(clock);
    this.#store = new ReportStore(DEFAULT_OBSERVATIONS_PER_VIEW, config.limits.store.bytes);
    this.#registrations = new Registrations(config.limits.store.subjects);
    this.#security = new Security(config.security, { clock, logger: options.logger });
    this.#lifecycle.onStop('the certificates and tokens', () => this.#security.close());
    this.#held = new HoldBuffer(holdOptions(config.hold));
    this.#inferences = new Inferences({
      algorithm: ALGORITHMS[config.inference],
      panorama: (subject) => this.#store.panorama(subject),
      onChange: (inference) => {
        persistence.saveInference(inference);
        this.#verdicts.inferred(inference);
        const inferredAfterMs = clock.now() - timestampToMillis(inference.observation.time);
        // What is restored is old.
        if (this.#isServing) this.#metrics.inferredAfter(inferredAfterMs);
      },
      onEnd: (subject) => this.#verdicts.ended(subject),
    });
    this.#verdicts = new AggregatorVerdicts({
      algorithm: config.inference,
      panorama: (subject) => this.#store.panorama(subject),
      inferences: this.#inferences,
      save: (subject, standing, change) => persistence.saveVerdict(subject, standing, change),
      clock,
    });
    this.#settling = new Settling((limit) => this.#inferences.settle(limit), clock);
    this.#garbage = new GarbageCollection({
      ...options,
      store: this.#store,
      held: this.#held,
      retention: config.retention,
      onShrunk: (subjects) => {
        for (const subject of subjects) {
          persistence.panoramaChanged(subject);
          this.#digests.changed(subject);
          this.#inferences.mark(subject);
        }
        this.#settling.soon();
      },
    });
    this.#alerting = new Alerting({
      ...options,
      config: config.alerts,
      aggregator: config.id,
      pageUrl: pageUrl(config.httpAddress, config.security.cert !== ''),
      verdicts: this.#verdicts,
      save: (key, alert) => persistence.saveAlert(key, alert),
    });
    this.#mesh = new Mesh({
      ...options,
      self: { id: config.id, address: config.address },
      peers: config.peers,
      security: this.#security.peers,
      views: {
        watched: () => this.#store.watched().keys(),
        subjects: () => this.#store.subjects(),
        digest: (subject) => this.#digests.digest(subject),
        standing: (subject) =>
          standingEntries(this.#store.panorama(subject), {
            idOf: (observation) => this.#intake.idOf(observation),
            provenanceOf: (report) => this.#verdicts.evidenceBehind(report),
          }),
      },
      ...(options.relayLog === undefined ? {} : { logLimits: options.relayLog }),
      save: (peer, name, value) => persistence.saveRelayState(peer, name, value),
    });
    this.#mesh.connect(this.#lifecycle);
    this.#memory = new MemoryLimit({
      ...options,
      maxBytes: config.limits.memoryBytes,
      memory: options.memory ?? processMemory,
    });
    this.#health = new AggregatorHealth({
      isServing: () => this.#isServing,
      journal: () => persistence.counts(),
      shortage: () => this.#memory.shortage(),
      clock,
    });
    this.#intake = new Intake({
      clock,
      filterSubmission: config.filterSubmission,
      checks: { module: (name) => checkName(name, 'module'), entries: checkEntries },
      registrations: this.#registrations,
      store: this.#store,
      held: this.#held,
      journal: persistence,
      relay: this.#mesh.relay,
      evidence: this.#verdicts,
      onChange: (subject, observer) => {
        persistence.panoramaChanged(subject);
        this.#digests.changed(subject);
        this.#inferences.mark(subject, observer);
        this.#settling.soon();
      },
      wouldKeep: (report) => this.#garbage.wouldKeep(report),
      admission: new Admission(options.admission, () => this.#memory.shortage()),
      takenIds: new TakenIds(options.rememberedIds),
      storeLimits: config.limits.store,
    });
  }

  /** What it makes of all it was told. */
  get verdicts(): Verdicts {
    return this.#verdicts;
  }

  /** Where it listens, once started. */
  get address(): Address {
    if (this.#server === null) throw new HviewError('INTERNAL', 'the aggregator is not started');
    return this.#server.address;
  }

  /**
   * Rejects with DATABASE_FAILED, EXPOSED, ADDRESS_IN_USE or ADDRESS_INVALID; what was started is
   * stopped again.
   */
  async start(): Promise<void> {
    const { config, persistence, clock, logger } = this.#options;
    try {
      const restored = await this.#restore();
      this.#lifecycle.onStop('the journal', () => persistence.close());
      for (const subject of config.subjects)
        if (!this.#store.isWatched(subject)) await this.#intake.watch(subject);
      this.#lifecycle.onStop('inference', () => void this.#inferences.settle());
      this.#alerting.prepare();
      this.#lifecycle.onStop('the alerts', () => this.#alerting.close());
      this.#lifecycle.onStop('the relay', () => this.#mesh.relay.close(clock, STOP_LIMIT_MS.relay));

      this.#server = await startHealthServer({
        address: parseAddress(config.listen === '' ? config.address : config.listen),
        handlers: this.#handlers(),
        batchHandlers: batchHandlers({
          version: packageVersion(),
          submit: (size, decode) => this.#intake.batch(size, decode),
        }),
        verdictHandlers: verdictHandlers(this.#verdicts),
        peeringHandlers: peeringHandlers({
          run: this.#mesh.run,
          relay: this.#mesh.relay,
          positions: this.#mesh.positions,
          learn: (size, decode) => this.#intake.learntBatch(size, decode),
          differs: ({ subject, digest }) =>
            digest !== this.#digests.digest(subject) &&
            (!config.filterSubmission || this.#store.isWatched(subject)),
        }),
        security: this.#security.port,
        policy: this.#security.access,
        connectionLimits: config.limits,
        callLimits: config.limits,
        onCallEnd: this.#metrics.called,
        clock,
        logger,
      });
      this.#lifecycle.onStop('the service', () => this.#server?.stop(STOP_LIMIT_MS.service));

      await this.#openHttp();
      this.#isServing = true;
      this.#lifecycle.onStop('the readiness', () => {
        this.#isServing = false;
        this.#server?.setServing(false);
      });
      this.#tellHealth();
      this.#alerting.start();
      // What peers took us to be uninterested in before a restart, they are to send again.
      for (const subject of this.#store.watched().keys()) this.#mesh.relay.subscribe(subject);
      this.#mesh.start(this.#lifecycle);
      this.#garbage.start(this.#lifecycle);
      logger.info('the aggregator listens', {
        id: config.id,
        address: formatAddress(this.address),
        http: this.#http === null ? 'none' : formatAddress(this.#http.address),
        peers: config.peers.size,
        journal: config.databaseFile === '' ? 'none' : config.databaseFile,
        security: describeSecurity(config.security),
        ...restored,
      });
    } catch (error) {
      // The cause counts, whatever else fails on the way out.
      await this.stop().catch((failure: unknown) => {
        logger.warn('the aggregator did not stop cleanly', { reason: describeError(failure) });
      });
      throw error;
    }
  }

  /** Where its page is; null when it shows none. */
  get httpAddress(): Address | null {
    return this.#http?.address ?? null;
  }

  /** Answers no more, then writes what was taken in to disk. Throws STOP_FAILED. */
  stop(): Promise<void> {
    return this.#lifecycle.stop(STOP_LIMIT_MS.part);
  }

  /**
   * Takes over what may change while it runs, see config-change.ts. Subjects that are no longer named stay
   * watched. Rejects with CREDENTIALS_INVALID, before anything is changed, or DATABASE_FAILED.
   */
  async reconfigure({ subjects, retention, hold, security, alerts }: AggregatorConfig): Promise<void> {
    this.#alerting.reconfigure(alerts);
    this.#security.reconfigure(security);
    this.#held.reconfigure(holdOptions(hold));
    this.#garbage.reconfigure(retention);
    for (const subject of subjects) {
      if (!this.#store.isWatched(subject)) await this.#watch(subject);
    }
  }

  counts(): AggregatorCounts {
    return {
      ...this.#intake.counts(),
      known: { ...this.#store.known, watched: this.#store.watchedCount },
      held: this.#held.reports,
      journal: this.#options.persistence.counts(),
      connections: {
        grpc: this.#server?.connections() ?? NO_CONNECTIONS,
        http: this.#http?.connections() ?? NO_CONNECTIONS,
      },
      calls: this.#server?.refusals() ?? null,
      relay: this.#mesh.relay.counts(),
      alerts: this.#alerting.counts(),
      memory: this.#memory.counts(),
      remembered: this.#intake.remembered(),
    };
  }

  /** Reads back what the journal holds; how much that is. */
  async #restore(): Promise<{ readonly restoredSubjects: number; readonly replayedReports: number }> {
    const replayedReports = await restoreState({
      persistence: this.#options.persistence,
      registrations: this.#registrations,
      store: this.#store,
      inferences: this.#inferences,
      verdicts: this.#verdicts,
      intake: this.#intake,
      mesh: this.#mesh,
      alerting: this.#alerting,
    });
    // What had been dropped for its age before the restart must not come back.
    this.#garbage.collect();
    this.#inferences.settle();
    this.#verdicts.restored();
    return { restoredSubjects: [...this.#store.subjects()].length, replayedReports };
  }

  /** Whether it was not watched before. */
  async #watch(subject: string): Promise<boolean> {
    const isNew = await this.#intake.watch(subject);
    this.#mesh.relay.subscribe(subject);
    return isNew;
  }

  #handlers(): HealthHandlers {
    const { clock } = this.#options;
    return healthHandlers({
      ...this.#names(),
      clock,
      store: this.#store,
      inferences: this.#inferences,
      submit: (handle, check) => this.#intake.single(handle, check),
      learn: (peerId, check) => this.#intake.learnt(peerId, check),
      register: (registration) => this.#intake.register(registration),
      observe: (subject) => this.#watch(subject),
      stopObserving: async (subject) => {
        const wasWatched = await this.#intake.unwatch(subject);
        this.#mesh.relay.unsubscribe(subject);
        return wasWatched;
      },
      interested: (peerId, subject) => this.#mesh.relay.interested(peerId, subject),
      uninterested: (peerId, subject) => this.#mesh.relay.uninterested(peerId, subject),
    });
  }

  async #openHttp(): Promise<void> {
    const { config, clock, logger } = this.#options;
    if (config.httpAddress === '') return;
    this.#http = await HttpPort.open({
      listenOn: config.httpAddress,
      ...this.#names(),
      verdicts: this.#verdicts,
      panoramas: () => this.#store.panoramas(),
      security: this.#security,
      limits: config.limits,
      routes: [...healthRoutes(this.#health), this.#metrics.route],
      onAnswered: this.#metrics.answered,
      ...{ clock, logger },
    });
    this.#lifecycle.onStop('the HTTP port', () => this.#http?.stop(STOP_LIMIT_MS.http));
  }

  /** Those that watch the standard health service learn soon what `/readyz` says. */
  #tellHealth(): void {
    const tell = (): void => {
      this.#memory.look();
      this.#server?.setServing(this.#health.obstacle() === null);
    };
    tell();
    const watch = every(this.#options.clock, HEALTH_LOOK_MS, tell);
    this.#lifecycle.onStop('the look at the health', () => watch.cancel());
  }

  #names(): { readonly self: Peer; readonly peers: readonly Peer[] } {
    const { id, address, peers } = this.#options.config;
    return { self: { id, address }, peers: [...peers].map(([name, at]) => ({ id: name, address: at })) };
  }
}

function holdOptions({ timeSeconds, listLength }: AggregatorConfig['hold']): HoldOptions {
  return { timeMs: timeSeconds * 1000, listLength };
}
