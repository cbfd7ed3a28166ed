/** Why a report was refused. */
export type RefusalReason =
  /** It is not what the contract says. */
  | 'malformed'
  /** Nobody holds its handle. */
  | 'unregistered'
  /** The store has no room for what is new in it. */
  | 'crowded'
  /** The journal could not be written. */
  | 'unwritten';

/**
 * What became of the reports that came in since the start. At any time, received in all three ways =
 * accepted + duplicates + refused for all reasons + shed + ignored + waiting.
 */
export interface IntakeCounts {
  readonly received: {
    /** By SubmitReport. */
    readonly single: number;
    /** By SubmitBatch. */
    readonly batched: number;
    /** By LearnReport, from peers. */
    readonly relayed: number;
  };
  /** On disk and in the store. */
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Sent away because too much was waiting, or memory was short. */
  readonly shed: number;
  /** Nobody here watches the subject: held. */
  readonly ignored: number;
  /** Under way to the journal. */
  readonly waiting: number;
  /** Held ones that a local report set free, taken into the store. */
  readonly released: number;
}

/** The figures while they are counted. */
export class IntakeCounter {
  readonly received = { single: 0, batched: 0, relayed: 0 };
  readonly refused = { malformed: 0, unregistered: 0, crowded: 0, unwritten: 0 };
  accepted = 0;
  duplicates = 0;
  shed = 0;
  ignored = 0;
  released = 0;

  snapshot(waiting: number): IntakeCounts {
    const { accepted, duplicates, shed, ignored, released } = this;
    return {
      received: { ...this.received },
      accepted,
      duplicates,
      refused: { ...this.refused },
      shed,
      ignored,
      waiting,
      released,
    };
  }
}
