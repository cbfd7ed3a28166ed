import type { HealthHandlers } from '../protocol/health-service.js';
import type { Address } from '../protocol/address.js';
import { formatAddress, parseAddress } from '../protocol/address.js';
import type { RunningHealthServer } from '../protocol/health-server.js';
import { startHealthServer } from '../protocol/health-server.js';
import type { TakenEntry } from '../protocol/batch-service.js';
import type { Peer, Report } from '../protocol/model.js';
import { timestampToMillis } from '../protocol/model.js';
import type { Verdicts } from '../protocol/verdict.js';
import type { Clock, Timer } from '../runtime/clock.js';
import { every } from '../runtime/clock.js';
import { HviewError, describeError } from '../runtime/errors.js';
import { Lifecycle } from '../runtime/lifecycle.js';
import type { ConnectionCounts } from '../runtime/listener.js';
import type { Logger } from '../runtime/logger.js';
import { packageVersion } from '../runtime/package-root.js';
import type { ProcessMemory } from '../runtime/process-memory.js';
import { processMemory } from '../runtime/process-memory.js';
import type { Alert } from './alerts/alert.js';
import { readAlert } from './alerts/alert.js';
import { hasReceivers } from './alerts/alerts-config.js';
import type { Alerts } from './alerts/alerts.js';
import { buildAlerts } from './alerts/build-alerts.js';
import type { AggregatorCounts } from './aggregator-counts.js';
import { aggregatorMetrics } from './aggregator-metrics.js';
import type { AggregatorConfig, RetentionConfig } from './config.js';
import { AggregatorHealth } from './health.js';
import { healthRoutes } from './http/health-routes.js';
import { HttpPort } from './http/http-port.js';
import { pageUrl } from './http/page-url.js';
import { ALGORITHMS } from './inference/algorithms.js';
import { Inferences } from './inference/inferences.js';
import type { AdmissionLimits } from './intake/admission.js';
import { Admission } from './intake/admission.js';
import { Intake } from './intake/intake.js';
import { TakenIds } from './intake/taken-ids.js';
import { MemoryLimit } from './memory-limit.js';
import type { Persistence } from './persistence/persistence.js';
import { Mesh } from './relay/mesh.js';
import type { RelayLogLimits } from './relay/relay-log.js';
import { batchHandlers, checkEntries } from './rpc/batch-handlers.js';
import { healthHandlers } from './rpc/health-handlers.js';
import { peeringHandlers } from './rpc/peering-handlers.js';
import { Registrations } from './rpc/registrations.js';
import { checkName } from './rpc/validation.js';
import { verdictHandlers } from './rpc/verdict-handlers.js';
import { describeSecurity } from './security-config.js';
import { Security } from './security.js';
import { HoldBuffer } from './store/hold-buffer.js';
import { PanoramaDigests } from './store/panorama-digests.js';
import { DEFAULT_OBSERVATIONS_PER_VIEW, ReportStore } from './store/report-store.js';
import type { RetentionRule } from './store/retention.js';
import { AggregatorVerdicts } from './verdicts/aggregator-verdicts.js';

export interface AggregatorOptions {
  readonly config: AggregatorConfig;
  readonly persistence: Persistence;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** What may wait for the journal before more is sent away; default 50,000 reports and 16 MB. */
  readonly admission?: AdmissionLimits;
  /** Ids of reports that are remembered, so that one sent again has no effect; default 500,000. */
  readonly rememberedIds?: number;
  /** What is kept for peers that are away; default 50,000 reports and 32 MB. */
  readonly relayLog?: RelayLogLimits;
  /** What is held against the limit on memory; default this process. */
  readonly memory?: ProcessMemory;
}

const HOLD_SWEEP_MS = 60_000;

const HEALTH_LOOK_MS = 1000;

/**
 * How long changes gather before they are inferred for the journal, milliseconds. Who asks does not
 * wait for it: an inference is made when it is asked for.
 */
const SETTLE_MS = 20;

/** What one turn of the event loop infers at most: some milliseconds' worth. */
const INFERENCES_PER_TURN = 100;

/** After each turn, what comes in has this many times as long to itself: a flood is not to slow down the intake. */
const REST_FACTOR = 4;

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
  /** Those that were told before a restart. */
  readonly #toldAlerts: Alert[] = [];
  #alerts: Alerts | null = null;
  #server: RunningHealthServer | null = null;
  #http: HttpPort | null = null;
  /** It takes reports. */
  #isServing = false;
  #retention: RetentionConfig;
  #collection: Timer | null = null;
  #isSettling = false;
  #restMs = 0;

  constructor(options: AggregatorOptions) {
    const { config, persistence, clock } = options;
    this.#options = options;
    this.#retention = config.retention;
    this.#lifecycle = new Lifecycle(clock);
    this.#store = new ReportStore(DEFAULT_OBSERVATIONS_PER_VIEW, config.limits.store.bytes);
    this.#registrations = new Registrations(config.limits.store.subjects);
    this.#security = new Security(config.security, { clock, logger: options.logger });
    this.#lifecycle.onStop('the certificates and tokens', () => this.#security.close());
    this.#held = new HoldBuffer({
      timeMs: config.hold.timeSeconds * 1000,
      listLength: config.hold.listLength,
    });
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
    this.#mesh = new Mesh({
      ...options,
      self: { id: config.id, address: config.address },
      peers: config.peers,
      security: this.#security.peers,
      views: {
        watched: () => this.#store.watched().keys(),
        subjects: () => this.#store.subjects(),
        digest: (subject) => this.#digests.digest(subject),
        standing: (subject) => this.#standing(subject),
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
        this.#settleSoon();
      },
      wouldKeep: (report) => this.#wouldKeep(report),
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
      this.#alerts = this.#buildAlerts();
      this.#lifecycle.onStop('the alerts', () => this.#alerts?.close());
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
      this.#alerts?.start();
      // What peers took us to be uninterested in before a restart, they are to send again.
      for (const subject of this.#store.watched().keys()) this.#mesh.relay.subscribe(subject);
      this.#mesh.start(this.#lifecycle);
      this.#collectGarbageRegularly();
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
   * Takes over what may change while it runs: subjects that are new are watched, and old observations are
   * dropped by the new rule. Subjects that are no longer named stay watched. Rejects with DATABASE_FAILED.
   */
  async reconfigure({ subjects, retention }: AggregatorConfig): Promise<void> {
    for (const subject of subjects) {
      if (this.#store.isWatched(subject)) continue;
      await this.#intake.watch(subject);
      this.#mesh.relay.subscribe(subject);
    }
    if (JSON.stringify(retention) === JSON.stringify(this.#retention)) return;
    this.#retention = retention;
    this.#startCollection();
  }

  counts(): AggregatorCounts {
    return {
      ...this.#intake.counts(),
      held: this.#held.reports,
      journal: this.#options.persistence.counts(),
      connections: this.#server?.connections() ?? NO_CONNECTIONS,
      calls: this.#server?.refusals() ?? null,
      relay: this.#mesh.relay.counts(),
      alerts: this.#alerts?.counts() ?? null,
      memory: this.#memory.counts(),
      remembered: this.#intake.remembered(),
    };
  }

  /** Once for all reports of a short while; many subjects are spread over several turns of the event loop. */
  #settleSoon(): void {
    if (this.#isSettling) return;
    this.#isSettling = true;
    this.#options.clock.after(Math.max(SETTLE_MS, this.#restMs), () => this.#settleSome(), { unref: true });
  }

  #settleSome(): void {
    const { clock } = this.#options;
    const beganMs = clock.monotonic();
    const isDone = this.#inferences.settle(INFERENCES_PER_TURN);
    this.#restMs = (clock.monotonic() - beganMs) * REST_FACTOR;
    if (isDone) this.#isSettling = false;
    else clock.after(this.#restMs, () => this.#settleSome(), { unref: true });
  }

  /** Reads back what the journal holds; how much that is. */
  async #restore(): Promise<{ readonly restoredSubjects: number; readonly replayedReports: number }> {
    const { persistence, config } = this.#options;
    const store = this.#store;
    const verdicts = this.#verdicts;
    let replayedReports = 0;
    await persistence.open(
      {
        registration: (handle, registration) => this.#registrations.restore(handle, registration),
        watch: (subject, since) => void store.watch(subject, since),
        panorama: (panorama, evidence) => {
          if (!store.isWatched(panorama.subject)) return;
          store.restore(panorama);
          verdicts.restoreEvidence(panorama.subject, evidence);
          for (const observer of panorama.views.keys()) this.#inferences.mark(panorama.subject, observer);
        },
        report: (report, evidence) => {
          if (!store.isWatched(report.subject)) return;
          replayedReports += 1;
          store.add(report);
          verdicts.reported(report, evidence);
          persistence.panoramaChanged(report.subject);
          this.#inferences.mark(report.subject, report.observer);
        },
        prints: (prints) => this.#intake.restore(prints),
        alert: (_, text) => {
          const alert = readAlert(text);
          if (alert !== null) this.#toldAlerts.push(alert);
        },
        standing: (subject, standing) => verdicts.restoreStanding(subject, standing),
        verdictChange: (change) => verdicts.restoreChange(change),
        relayState: (peer, name, value) => this.#mesh.restore(peer, name, value),
      },
      {
        panorama: (subject) => store.panorama(subject),
        evidence: (subject) => verdicts.evidenceOf(subject),
      },
    );
    // What had been dropped for its age before the restart must not come back.
    if (config.retention.enable) this.#collectGarbage();
    this.#inferences.settle();
    verdicts.restored();
    return { restoredSubjects: [...store.subjects()].length, replayedReports };
  }

  /** Null where nobody is to be told. Throws CREDENTIALS_INVALID. */
  #buildAlerts(): Alerts | null {
    const { config, persistence, clock, random, logger } = this.#options;
    if (!hasReceivers(config.alerts)) return null;
    return buildAlerts({
      config: config.alerts,
      aggregator: config.id,
      pageUrl: pageUrl(config.httpAddress, config.security.cert !== ''),
      verdicts: this.#verdicts,
      memory: {
        remember: (alert) => persistence.saveAlert(alert.key, JSON.stringify(alert)),
        forget: (key) => persistence.saveAlert(key, null),
      },
      remembered: this.#toldAlerts,
      clock,
      random,
      logger,
    });
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
      observe: async (subject) => {
        const isNew = await this.#intake.watch(subject);
        this.#mesh.relay.subscribe(subject);
        return isNew;
      },
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
      routes: [...healthRoutes(this.#health), this.#metrics.metrics.route()],
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

  /** All that stands of the subject, as it goes to a peer that lacks it. */
  #standing(subject: string): TakenEntry[] {
    const views = [...(this.#store.panorama(subject)?.views.values() ?? [])];
    return views.flatMap(({ observer, observations }) =>
      observations.map((observation) => {
        const report = { observer, subject, observation };
        const id = this.#intake.idOf(observation);
        return { id, report, provenance: this.#verdicts.evidenceBehind(report) };
      }),
    );
  }

  #wouldKeep(report: Report): boolean {
    const { config, clock } = this.#options;
    const rule = config.retention.enable ? this.#retentionRule() : null;
    return this.#store.wouldKeep(report, rule, clock.now());
  }

  #collectGarbageRegularly(): void {
    const { clock } = this.#options;
    const sweep = every(clock, HOLD_SWEEP_MS, () => this.#held.sweep(clock.now()));
    this.#lifecycle.onStop('the sweep of held reports', () => sweep.cancel());
    this.#startCollection();
    this.#lifecycle.onStop('the dropping of old observations', () => this.#collection?.cancel());
  }

  #startCollection(): void {
    const { enable, frequencySeconds } = this.#retention;
    this.#collection?.cancel();
    this.#collection = enable
      ? every(this.#options.clock, frequencySeconds * 1000, () => this.#collectGarbage())
      : null;
  }

  #collectGarbage(): void {
    const { clock, logger } = this.#options;
    const shrunk = this.#store.collectGarbage(this.#retentionRule(), clock.now());
    for (const subject of shrunk) {
      this.#digests.changed(subject);
      this.#options.persistence.panoramaChanged(subject);
      this.#inferences.mark(subject);
    }
    if (shrunk.length > 0) logger.debug('old observations were dropped', { subjects: shrunk.length });
    this.#settleSoon();
  }

  #retentionRule(): RetentionRule {
    const { thresholdSeconds, relative } = this.#retention;
    return { thresholdMs: thresholdSeconds * 1000, against: relative ? 'relative' : 'absolute' };
  }
}
