import type { BatchSize, TakenEntry, UncheckedBatch } from '../../protocol/batch-service.js';
import type { CheckedEntries } from './batch-room.js';
import { withRoom } from './batch-room.js';
import type { IntakeCounter } from './intake-counts.js';
import type { Learner, Learnt } from './learner.js';
import type { StoreRoom } from './store-room.js';

/** Entries, and by which agent they came: all of them, or each. */
export interface SentEntries extends Pick<UncheckedBatch, 'entries'> {
  readonly agent: string | readonly string[];
}

/** What a peer passes on, before anyone has checked its entries. */
export interface UncheckedPeerEntries extends SentEntries {
  /** The peer's id. */
  readonly source: string;
  /** `standing`: what stands of subjects, whoever it was reported to. */
  readonly kind: 'reports' | 'standing';
}

/** What became of a batch; with those on ignored subjects the numbers add up to its length. */
export interface PeerBatchResult extends Learnt {
  readonly refused: number;
}

export interface PeerIntakeOptions {
  readonly checkEntries: (batch: SentEntries) => CheckedEntries;
  readonly learner: Learner;
  readonly room: StoreRoom;
  readonly count: IntakeCounter;
  /** Throws OVERLOADED; otherwise call what it returns when the matter is done. */
  readonly enter: (reports: number, bytes: number) => () => void;
  readonly relay: { interested(peerId: string, subject: string): void };
}

/** What peers pass on in batches: checked, let in, counted. */
export class PeerIntake {
  constructor(private readonly options: PeerIntakeOptions) {}

  /** Rejects with OVERLOADED at once when too much is waiting already. */
  async batch(
    { observations, bytes }: BatchSize,
    decode: () => UncheckedPeerEntries,
  ): Promise<PeerBatchResult> {
    const { count, enter, learner, room } = this.options;
    count.received.relayed += observations;
    const leave = enter(observations, bytes);
    const kept: (() => void)[] = [];
    try {
      const { source, kind, ...checked } = this.#checked(decode, observations);
      const { entries, refused } = withRoom(room, checked, observations, kept, {
        registersObservers: false,
        isWanted: (subject) => learner.isWanted(subject),
      });
      const learnt = await learner.learn(entries, kind).catch((error: unknown) => {
        count.refused.unwritten += observations;
        throw error;
      });
      const { accepted, duplicates } = learnt;
      count.accepted += accepted;
      count.duplicates += duplicates;
      count.ignored += entries.length - accepted - duplicates;
      count.refused.malformed += checked.refused.length;
      count.refused.crowded += refused.length - checked.refused.length;
      if (kind === 'reports') this.#noteInterest(source, entries, learnt);
      return { ...learnt, refused: refused.length };
    } finally {
      for (const leaveRoom of kept) leaveRoom();
      leave();
    }
  }

  #checked(decode: () => UncheckedPeerEntries, observations: number) {
    try {
      const batch = decode();
      return { source: batch.source, kind: batch.kind, ...this.options.checkEntries(batch) };
    } catch (error) {
      this.options.count.refused.malformed += observations;
      throw error;
    }
  }

  /** A peer that reports on a subject wants to hear of it. */
  #noteInterest(peerId: string, entries: readonly TakenEntry[], { ignored }: Learnt): void {
    const declined = new Set(ignored);
    const subjects = new Set(entries.map(({ report }) => report.subject));
    for (const subject of subjects)
      if (!declined.has(subject)) this.options.relay.interested(peerId, subject);
  }
}
