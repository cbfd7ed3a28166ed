import type { BatchResult, BatchSize, TakenEntry, UncheckedBatch } from '../../protocol/batch-service.js';
import type { Intake as Outcome, Registration } from '../../protocol/health-service.js';
import type { Observation, Report, Timestamp } from '../../protocol/model.js';
import { timestampFromMillis } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';
import { Admission } from './admission.js';
import { withRoom } from './batch-room.js';
import type { IntakeCounts } from './intake-counts.js';
import { IntakeCounter } from './intake-counts.js';
import type { HandedOut, IntakeOptions } from './intake-options.js';
import { Learner } from './learner.js';
import { ObservationIds } from './observation-ids.js';
import type { PeerBatchResult, UncheckedPeerEntries } from './peer-intake.js';
import { PeerIntake } from './peer-intake.js';
import { DEFAULT_STORE_LIMITS, StoreRoom } from './store-room.js';
import { TakenIds } from './taken-ids.js';

/** What a report counts for in the limit on bytes, besides its texts. */
const REPORT_BYTES = 32;
const METRIC_BYTES = 16;

/**
 * What happens to reports, one by one or in batches: first to disk, then into the store, and on to
 * inference and peers. What could not be written is refused and leaves no trace, so that whoever sends
 * it again does not say it twice. All changes take effect in the journal's order.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #admission: Admission;
  readonly #taken: TakenIds;
  readonly #room: StoreRoom;
  readonly #count = new IntakeCounter();
  readonly #ids = new ObservationIds();
  readonly #learner: Learner;
  readonly #peers: PeerIntake;
  /** Subjects that are being taken off the watch list, on their way to disk. */
  readonly #leaving = new Set<string>();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#admission = options.admission ?? new Admission();
    this.#taken = options.takenIds ?? new TakenIds();
    this.#room = new StoreRoom(options.store, options.storeLimits ?? DEFAULT_STORE_LIMITS);
    this.#learner = new Learner({
      ...options,
      taken: this.#taken,
      ids: this.#ids,
      take: (entries) => this.#take(entries, [], 'elsewhere'),
      wouldKeep: options.wouldKeep ?? (() => true),
    });
    this.#peers = new PeerIntake({
      ...options,
      checkEntries: (batch) => options.checks.entries(batch),
      learner: this.#learner,
      room: this.#room,
      count: this.#count,
      enter: (reports, bytes) => this.#enter(reports, bytes),
    });
  }

  counts(): IntakeCounts {
    return this.#count.snapshot(this.#admission.waiting.reports);
  }

  /** Ids that are remembered, and the memory that takes. */
  remembered(): { readonly ids: number; readonly bytes: number } {
    return { ids: this.#taken.size, bytes: this.#taken.bytes };
  }

  /** Prints of the ids of reports that were taken before a restart; give them oldest first. */
  restore(prints: Uint32Array): void {
    this.#taken.restore(prints);
  }

  /** A report of a local observer, given by `check`: always taken. Resolves when it is on disk. */
  async single(handle: number, check: () => Report): Promise<Outcome> {
    this.#count.received.single += 1;
    const report = this.#checked(check);
    try {
      this.#options.registrations.check(handle, report.observer);
    } catch (error) {
      this.#count.refused.unregistered += 1;
      throw error;
    }
    await this.#admitted(report, () => this.#takeSingle(report));
    return 'accepted';
  }

  async #takeSingle(report: Report): Promise<void> {
    const { relay } = this.#options;
    if (relay.isAlone) return this.#takeLocal([plain(report)], []);
    const entry = { ...plain(report), id: relay.nextId() };
    const claim = this.#taken.claim([entry.id]);
    if (claim.kind === 'undecided') return;
    try {
      await this.#takeLocal([entry], []);
    } catch (error) {
      claim.release();
      throw error;
    }
    claim.keep();
  }

  /** A report that a peer passes on: held instead of taken when nobody here watches its subject. */
  async learnt(peerId: string, check: () => Report): Promise<Outcome> {
    const { filterSubmission, store, held, clock, relay } = this.#options;
    this.#count.received.relayed += 1;
    const report = this.#checked(check);
    if (filterSubmission && !store.isWatched(report.subject)) {
      held.hold(report, clock.now());
      this.#count.ignored += 1;
      return 'ignored';
    }
    await this.#admitted(report, () => this.#take([plain(report)], [], 'here'));
    relay.interested(peerId, report.subject);
    return 'accepted';
  }

  /**
   * What local observers said, in one transaction. `decode` throws REQUEST_INVALID for a batch that is
   * malformed as a whole. Rejects with OVERLOADED at once when too much is waiting already.
   */
  async batch({ observations, bytes }: BatchSize, decode: () => UncheckedBatch): Promise<BatchResult> {
    const count = this.#count;
    count.received.batched += observations;
    const leave = this.#enter(observations, bytes);
    const kept: (() => void)[] = [];
    try {
      const { module, ...checked } = this.#checkedBatch(decode, observations);
      const { entries: unnamed, refused } = withRoom(this.#room, checked, observations, kept, {
        registersObservers: true,
        isWanted: () => true,
      });
      const entries = this.#named(unnamed);
      const ids = entries.map(({ id }) => id);
      let claim = this.#taken.claim(ids);
      while (claim.kind === 'undecided') {
        // Another batch brings the same: it depends on what becomes of that.
        await claim.decided;
        claim = this.#taken.claim(ids);
      }
      const fresh = entries.filter((_, index) => claim.isNew[index]);
      try {
        if (fresh.length > 0) await this.#takeLocal(fresh, this.#newcomers(module, fresh));
      } catch (error) {
        claim.release();
        count.refused.unwritten += observations;
        throw error;
      }
      claim.keep();
      const duplicates = entries.length - fresh.length;
      count.accepted += fresh.length;
      count.duplicates += duplicates;
      count.refused.malformed += checked.refused.length;
      count.refused.crowded += refused.length - checked.refused.length;
      return { accepted: fresh.length, duplicates, refused };
    } finally {
      for (const leaveRoom of kept) leaveRoom();
      leave();
    }
  }

  /**
   * What a peer passes on, in one transaction: its reports as they come, or what stands of subjects. Rejects
   * with OVERLOADED at once when too much is waiting already.
   */
  learntBatch(size: BatchSize, decode: () => UncheckedPeerEntries): Promise<PeerBatchResult> {
    return this.#peers.batch(size, decode);
  }

  /** The id of an observation that was taken; empty when it is not known. */
  idOf(observation: Observation): string {
    return this.#ids.get(observation);
  }

  /** Puts an observer on record; its handle, once it is on disk. */
  async register(registration: Registration): Promise<number> {
    return this.#withName(registration.observer, async () => {
      const { handle } = this.#options.registrations.register(registration);
      // A known one too: it may be known from an attempt that did not reach the disk.
      await this.#take([], [{ handle, registration }], 'here');
      return handle;
    });
  }

  /** Puts a subject on the watch list; whether it was new there. */
  async watch(subject: string): Promise<boolean> {
    const { journal, store } = this.#options;
    const since = this.#now();
    return this.#withName(subject, async () => {
      const watched = new Map([[subject, since]]);
      await journal.save({ registrations: [], watched, reports: [], isElsewhere: false });
      return store.watch(subject, since);
    });
  }

  /** Takes it off; whether it was there. */
  async unwatch(subject: string): Promise<boolean> {
    const { journal, store, onChange } = this.#options;
    this.#leaving.add(subject);
    try {
      await journal.saveUnwatch(subject);
    } finally {
      this.#leaving.delete(subject);
    }
    onChange(subject);
    return store.unwatch(subject);
  }

  #checked(check: () => Report): Report {
    return this.#orMalformed(1, check);
  }

  #checkedBatch(decode: () => UncheckedBatch, observations: number) {
    return this.#orMalformed(observations, () => {
      const batch = decode();
      const module = this.#options.checks.module(batch.module);
      return { module, ...this.#options.checks.entries(batch) };
    });
  }

  #orMalformed<Checked>(reports: number, check: () => Checked): Checked {
    try {
      return check();
    } catch (error) {
      this.#count.refused.malformed += reports;
      throw error;
    }
  }

  /** Those without an id get one, where somebody may send them back to us. */
  #named(entries: readonly TakenEntry[]): readonly TakenEntry[] {
    const { relay } = this.#options;
    if (relay.isAlone || entries.every(({ id }) => id !== '')) return entries;
    return entries.map((entry) => (entry.id === '' ? { ...entry, id: relay.nextId() } : entry));
  }

  /** Does what puts a name on the watch list. Throws LIMIT_REACHED. */
  async #withName<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    const reason = this.#room.refuseName(name);
    if (reason !== null) throw limitReached(reason);
    const leave = this.#room.keepName(name);
    try {
      return await act();
    } finally {
      leave();
    }
  }

  #enter(reports: number, bytes: number): () => void {
    try {
      return this.#admission.enter(reports, bytes);
    } catch (error) {
      this.#count.shed += reports;
      throw error;
    }
  }

  /** Does it if there is room for one more report, and counts how it ends. */
  async #admitted(report: Report, act: () => Promise<unknown>): Promise<void> {
    const reason = this.#room.refuse(report);
    if (reason !== null) {
      this.#count.refused.crowded += 1;
      throw limitReached(reason);
    }
    const leave = this.#enter(1, bytesOf(report));
    const leaveRoom = this.#room.keep(report);
    try {
      await act();
      this.#count.accepted += 1;
    } catch (error) {
      this.#count.refused.unwritten += 1;
      throw error;
    } finally {
      leaveRoom();
      leave();
    }
  }

  /** Observers of the entries whose registration is not on disk yet. */
  #newcomers(module: string, entries: readonly TakenEntry[]): HandedOut[] {
    const { registrations } = this.#options;
    const observers = new Set<string>();
    for (const { report } of entries) observers.add(report.observer);
    return [...observers]
      .map((observer) => {
        const registration = { module, observer };
        return { handle: registrations.register(registration).handle, registration };
      })
      .filter(({ handle }) => !registrations.isSaved(handle));
  }

  async #takeLocal(entries: readonly TakenEntry[], registrations: readonly HandedOut[]): Promise<void> {
    const { held, relay, clock } = this.#options;
    await this.#take(entries, registrations, 'here');
    const released = held.subjects === 0 ? [] : this.#release(entries);
    relay.propagate(entries);
    if (released.length === 0) return;
    try {
      this.#count.released += (await this.#learner.learn(released, 'standing')).accepted;
    } catch {
      // The reports that set them free are taken whatever becomes of them.
      for (const { report } of released) held.hold(report, clock.now());
    }
  }

  /** What peers said of the subjects before anyone here did: it joins their panoramas. */
  #release(entries: readonly TakenEntry[]): TakenEntry[] {
    const { held, relay, clock } = this.#options;
    const subjects = new Set(entries.map(({ report }) => report.subject));
    return [...subjects].flatMap((subject) => {
      const released = held.release(subject, clock.now());
      if (released.length > 0) relay.subscribe(subject);
      return released.map((report) => ({ ...plain(report), id: this.#ids.get(report.observation) }));
    });
  }

  /** `here`: this journal has to hold it whatever happens; `elsewhere`: a peer gives it again if it is lost. */
  async #take(
    entries: readonly TakenEntry[],
    registrations: readonly HandedOut[],
    kept: 'here' | 'elsewhere',
  ): Promise<void> {
    const { journal, store, relay, evidence, onChange } = this.#options;
    const watched = new Map<string, Timestamp>();
    const join = (subject: string): void => {
      if (!this.#isOnWatchList(subject) && !watched.has(subject)) watched.set(subject, this.#now());
    };
    for (const { registration } of registrations) join(registration.observer);
    for (const { report } of entries) join(report.subject);
    await journal.save({ registrations, watched, reports: entries, isElsewhere: kept === 'elsewhere' });
    for (const { handle } of registrations) this.#options.registrations.markSaved(handle);
    for (const [subject, since] of watched) store.watch(subject, since);
    for (const { id, report, provenance } of entries) {
      store.add(report);
      if (!relay.isAlone) this.#ids.set(report.observation, id);
      evidence.reported(report, provenance);
      onChange(report.subject, report.observer);
    }
  }

  #isOnWatchList(subject: string): boolean {
    return this.#options.store.isWatched(subject) && !this.#leaving.has(subject);
  }

  #now(): Timestamp {
    return timestampFromMillis(this.#options.clock.now());
  }
}

function limitReached(reason: string): HviewError {
  return new HviewError('LIMIT_REACHED', reason, {
    hint: "The limits stand in the aggregator's configuration.",
  });
}

function plain(report: Report): TakenEntry {
  return { id: '', report, provenance: null };
}

function bytesOf({ observer, subject, observation }: Report): number {
  let bytes = REPORT_BYTES + observer.length + subject.length;
  for (const { name } of observation.metrics) bytes += METRIC_BYTES + name.length;
  return bytes;
}
