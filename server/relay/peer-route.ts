import type { TakenEntry } from '../../protocol/batch-service.js';
import type { LearnResult, PeeringService, Position } from '../../protocol/peering-service.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Timer } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import type { StandingViews } from './catch-up.js';
import { CatchUp } from './catch-up.js';
import type { Mode, PeerCounts } from './peer-counts.js';
import type { PeerLinkOptions, PeerService } from './peer-link.js';
import { AWAY, MAX_FAILURES, PeerLink } from './peer-link.js';
import type { RelayLog } from './relay-log.js';
import type { Subscription } from './subscription-queue.js';
import { SubscriptionQueue } from './subscription-queue.js';

export interface PeerRouteOptions extends PeerLinkOptions {
  readonly service: PeerService & PeeringService;
  readonly log: RelayLog;
  readonly views: StandingViews;
  /** Of this start of the aggregator. */
  readonly run: string;
  /** Of the log's sequence. */
  readonly epoch: string;
}

/** Subjects in one call. */
const SUBJECTS = 1000;

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2000;

/** How often a peer that knew only idl is asked whether it does now. */
const ASK_AGAIN_MS = 60_000;

/**
 * The way to one peer. One call at a time, with all that waits, so that the order holds; a place in the log
 * instead of a queue. After each greeting the panoramas of both sides are compared, which finds whatever the
 * log does not hold any more. To a peer that does not know hview.v1.Peering single reports go by a PeerLink.
 */
export class PeerRoute {
  readonly #options: PeerRouteOptions;
  readonly #link: PeerLink;
  readonly #backoff: Backoff;
  readonly #subscriptions = new SubscriptionQueue();
  readonly #catchUp: CatchUp;
  #mode: Mode = 'unknown';
  #isGreeted = false;
  #isDown = false;
  /** The peer's run, as far as it is known. */
  #run = '';
  /** The peer has the log up to here. */
  #cursor = 0;
  /** All is compared once the peer has the log up to here; null: nothing is to be compared. */
  #compareAfter: number | null = null;
  #isRunning = false;
  #isClosed = false;
  /** Ends the rest of a route without work, or the pause of one whose peer is away. */
  #wake: (() => void) | null = null;
  #resume: (() => void) | null = null;
  #askAgain: Timer | null = null;
  #failures = 0;
  /** Lets go of what is being sent; how many reports that is. */
  #giveUp: () => number = nothing;
  #sent = 0;
  #acknowledged = 0;
  #ignored = 0;
  #dropped = 0;
  #retried = 0;
  #caughtUp = 0;
  #drained: (() => void)[] = [];

  constructor(options: PeerRouteOptions) {
    this.#options = options;
    this.#link = new PeerLink(options);
    this.#catchUp = new CatchUp(options.views);
    this.#backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random: options.random });
  }

  get counts(): PeerCounts {
    const { log, clock } = this.#options;
    const link = this.#link.counts;
    const reports = log.end - this.#cursor + link.waiting;
    const oldest = reports === 0 ? undefined : log.at(Math.max(log.keptAfter, log.end - reports) + 1);
    return {
      mode: this.#mode,
      sent: this.#sent + link.sent,
      acknowledged: this.#acknowledged + link.acknowledged,
      ignored: this.#ignored + link.ignored,
      dropped: this.#dropped + link.dropped,
      waiting: Math.min(reports, log.size + link.waiting),
      retried: this.#retried,
      caughtUp: this.#caughtUp,
      behind: { reports, seconds: oldest === undefined ? 0 : (clock.monotonic() - oldest.atMs) / 1000 },
    };
  }

  /** Begins to speak to the peer. */
  start(): void {
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    void this.#work();
  }

  /** The log has new reports. */
  logged(): void {
    if (this.#mode === 'singles') this.#handOver();
    else this.#wake?.();
  }

  /** Tells the peer that we (no longer) want reports about the subject. */
  subscribe(kind: Subscription['kind'], subject: string): void {
    if (this.#isClosed) return;
    if (this.#mode === 'singles') this.#link.subscribe(kind, subject);
    else this.#subscriptions.add({ kind, subject });
    this.#wake?.();
  }

  /** The peer wants reports about the subject, and what stands of it if it did not want them before. */
  interested(subject: string): void {
    if (!this.#link.wants(subject) && this.#mode !== 'singles') this.#catchUp.compare(subject);
    this.#link.interested(subject);
    this.#wake?.();
  }

  uninterested(subject: string): void {
    this.#link.uninterested(subject);
  }

  /** As it was before a restart. */
  restoreUninterested(subject: string): void {
    this.#link.restoreUninterested(subject);
  }

  /** The peer calls, in this run of it: it is there, and may be another than the one we greeted. */
  greeted(run: string): void {
    if (this.#mode === 'batches' && !this.#isDown && run === this.#run) return;
    this.#isGreeted = false;
    this.#wake?.();
    this.#resume?.();
  }

  /** Compares all that stands here with what stands there. */
  compare(): void {
    if (this.#mode === 'singles') return;
    this.#compareAfter ??= this.#options.log.end;
    this.#wake?.();
  }

  /** Resolves when nothing waits any more, or at once when the peer does not answer. */
  async drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#drained.push(resolve);
      this.#noteDrained();
    });
    await this.#link.drained();
  }

  close(): void {
    this.#isClosed = true;
    this.#askAgain?.cancel();
    this.#link.close();
    this.#wake?.();
    this.#resume?.();
    this.#noteDrained();
  }

  async #work(): Promise<void> {
    while (!this.#isClosed) {
      this.#noteDrained();
      if (!this.#hasWork()) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = null;
        continue;
      }
      this.#giveUp = nothing;
      try {
        await this.#step();
        this.#answered();
      } catch (error) {
        if (this.#failed(HviewError.from(error)) === 'pause') await this.#pause();
      }
    }
  }

  #hasWork(): boolean {
    if (!this.#isGreeted) return true;
    return this.#mode === 'batches' && (this.#hasToSend() || this.#hasToCompare());
  }

  #hasToSend(): boolean {
    return this.#subscriptions.length > 0 || this.#cursor < this.#options.log.end;
  }

  #hasToCompare(): boolean {
    return !this.#catchUp.isDone || (this.#compareAfter !== null && this.#cursor >= this.#compareAfter);
  }

  /** Between two batches of new reports at most one piece of what was missed. */
  async #step(): Promise<void> {
    if (!this.#isGreeted) return this.#greet();
    if (this.#subscriptions.length > 0) await this.#sendSubscriptions();
    if (this.#cursor < this.#options.log.end) await this.#sendReports();
    if (this.#hasToCompare()) await this.#compareSome();
  }

  async #greet(): Promise<void> {
    const { service, self, run, epoch, log, views } = this.#options;
    const greeting = await service.greet({
      source: self.id,
      run,
      position: { epoch, sequence: log.end },
    });
    const { position } = greeting;
    if (position?.epoch === epoch && position.sequence <= log.end) this.#cursor = position.sequence;
    // What it was to have as single reports is on its way as such.
    else this.#cursor = this.#mode === 'singles' ? log.end : log.keptAfter;
    this.#mode = 'batches';
    this.#isGreeted = true;
    this.#compareAfter = log.end;
    // One that was started again may remember less of us than it was told.
    if (this.#run !== '' && greeting.run !== this.#run)
      for (const subject of views.watched()) this.#subscriptions.add({ kind: 'subscription', subject });
    this.#run = greeting.run;
  }

  async #sendSubscriptions(): Promise<void> {
    const { count, subscribed, unsubscribed } = this.#subscriptions.first(SUBJECTS);
    this.#giveUp = () => {
      this.#subscriptions.takeOff(count);
      return 0;
    };
    const source = this.#options.self.id;
    await this.#options.service.subscribe({ source, subscribed, unsubscribed });
    this.#subscriptions.takeOff(count);
  }

  async #sendReports(): Promise<void> {
    const { log, epoch } = this.#options;
    this.#noteLost();
    const { entries: all, sequence } = log.batchAfter(this.#cursor);
    const isWanted = ({ report }: TakenEntry): boolean => this.#link.wants(report.subject);
    const entries = all.every(isWanted) ? all : all.filter(isWanted);
    this.#giveUp = () => {
      this.#cursor = sequence;
      return entries.length;
    };
    if (entries.length > 0) await this.#learn(entries, { epoch, sequence });
    this.#cursor = sequence;
  }

  async #learn(entries: readonly TakenEntry[], position: Position | null): Promise<LearnResult> {
    const { service, self } = this.#options;
    this.#sent += entries.length;
    const result = await service.learn({ source: self.id, position, entries });
    this.#acknowledged += entries.length;
    this.#dropped += result.refused;
    const ignored = new Set(result.ignored);
    if (ignored.size > 0) this.#ignored += entries.filter(({ report }) => ignored.has(report.subject)).length;
    for (const subject of ignored) this.#link.uninterested(subject);
    // Another one than was greeted: it was started again.
    if (result.run !== this.#run) this.#isGreeted = false;
    return result;
  }

  /** One piece of what the peer may lack: what it wants to hear, or else a question. */
  async #compareSome(): Promise<void> {
    if (this.#compareAfter !== null && this.#cursor >= this.#compareAfter) {
      this.#catchUp.compareAll();
      this.#compareAfter = null;
    }
    const slice = this.#catchUp.nextSlice();
    if (slice.length > 0) {
      this.#giveUp = () => {
        this.#catchUp.sent(slice.length);
        return slice.length;
      };
      this.#caughtUp += (await this.#learn(slice, null)).accepted;
      this.#catchUp.sent(slice.length);
      return;
    }
    const asked = this.#catchUp.nextQuestion((subject) => this.#link.wants(subject));
    if (asked.length === 0) return;
    // Lost with a call that fails; but then all is compared after the next greeting.
    const { wanted } = await this.#options.service.compare(this.#options.self.id, asked);
    for (const subject of wanted) this.#catchUp.want(subject);
  }

  /** What the log does not hold any more is found by comparing. */
  #noteLost(): void {
    const { log, logger, peer } = this.#options;
    const reports = log.keptAfter - this.#cursor;
    if (reports <= 0) return;
    this.#dropped += reports;
    this.#cursor = log.keptAfter;
    this.#compareAfter = log.end;
    logger.warn('a peer missed more than is kept for it; it will get what stands', {
      peer: peer.id,
      reports,
    });
  }

  #answered(): void {
    this.#failures = 0;
    this.#backoff.reset();
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#options.logger.info('a peer answers again', { peer: this.#options.peer.id, ...this.counts });
  }

  #failed(error: HviewError): 'pause' | 'go on' {
    const { logger, peer } = this.#options;
    if (this.#isClosed) return 'go on';
    if (error.code === 'UNSUPPORTED') {
      this.#speakSingly();
      return 'go on';
    }
    // One that fails is there: a greeting would only lead back to what it fails at.
    if (AWAY.has(error.code)) this.#isGreeted = false;
    else this.#failures += 1;
    if (error.code === 'REQUEST_INVALID' || this.#failures >= MAX_FAILURES) {
      // It answers, only not to this; what comes after is not to wait for it.
      const reports = this.#giveUp();
      this.#dropped += reports;
      this.#failures = 0;
      logger.warn('a peer refuses what it is sent', { peer: peer.id, reports, reason: error.message });
      return 'pause';
    }
    this.#retried += 1;
    if (this.#isDown || this.#mode === 'singles') return 'pause';
    this.#isDown = true;
    logger.warn('a peer does not answer, trying again until it does', {
      peer: peer.id,
      address: peer.address,
      reason: error.message,
    });
    return 'pause';
  }

  async #pause(): Promise<void> {
    if (this.#isClosed) return;
    this.#noteDrained();
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(this.#backoff.next(), resolve, { unref: true });
      this.#resume = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#resume = null;
  }

  /** It knows idl only. */
  #speakSingly(): void {
    this.#mode = 'singles';
    this.#isGreeted = true;
    this.#answered();
    this.#catchUp.clear();
    this.#compareAfter = null;
    for (const { kind, subject } of this.#subscriptions.takeOff(Infinity))
      this.#link.subscribe(kind, subject);
    this.#handOver();
    const askAgain = (): void => {
      this.#isGreeted = false;
      this.#wake?.();
    };
    this.#askAgain = this.#options.clock.after(ASK_AGAIN_MS, askAgain, { unref: true });
  }

  #handOver(): void {
    const { log } = this.#options;
    this.#noteLost();
    for (let next = log.at(this.#cursor + 1); next !== undefined; next = log.at(this.#cursor + 1)) {
      this.#link.relay(next.entry.report);
      this.#cursor = next.sequence;
    }
  }

  #noteDrained(): void {
    if (this.#hasToSend() && !this.#isDown && !this.#isClosed) return;
    for (const resume of this.#drained.splice(0)) resume();
  }
}

function nothing(): number {
  return 0;
}
