import type { BatchSize, TakenEntry, UncheckedBatchEntry } from './batch-service.js';

/** Up to where the reports of an aggregator's own observers are meant. */
export interface Position {
  /** Changes whenever the sequence begins anew. */
  readonly epoch: string;
  /** Counted up with each report. */
  readonly sequence: number;
}

/** The first word of an aggregator to a peer. */
export interface GreetingRequest {
  /** The caller's id. */
  readonly source: string;
  /** Changes with every start of the caller. */
  readonly run: string;
  /** The caller's own, as it stands now. */
  readonly position: Position;
}

export interface Greeting {
  /** Changes with every start of the aggregator that answers. */
  readonly run: string;
  /** Up to where it has the caller's reports; null when it knows of none. */
  readonly position: Position | null;
}

/** Reports on their way from one aggregator to another. */
export interface PeerBatch {
  /** The caller's id. */
  readonly source: string;
  /** Where the other side stands once it has the batch; null for what stands of subjects. */
  readonly position: Position | null;
  readonly entries: readonly TakenEntry[];
}

/** What became of a batch; with those on ignored subjects the numbers add up to its length. */
export interface LearnResult {
  readonly run: string;
  readonly accepted: number;
  readonly duplicates: number;
  /** Malformed. */
  readonly refused: number;
  /** Subjects of which it wants no more until it subscribes. */
  readonly ignored: readonly string[];
}

/** On which subjects an aggregator (no longer) wants reports. */
export interface Subscriptions {
  readonly source: string;
  readonly subscribed: readonly string[];
  readonly unsubscribed: readonly string[];
}

/** A subject and a sum of 52 bits over all that stands about it; 0: nothing. */
export interface SubjectDigest {
  readonly subject: string;
  readonly digest: number;
}

export interface Comparison {
  readonly run: string;
  /** Subjects that it knows otherwise, and wants to hear of. */
  readonly wanted: readonly string[];
}

/** What aggregators ask of each other. Rejects with UNSUPPORTED when the other side has no such service. */
export interface PeeringService {
  greet(request: GreetingRequest): Promise<Greeting>;
  learn(batch: PeerBatch): Promise<LearnResult>;
  subscribe(subscriptions: Subscriptions): Promise<void>;
  compare(source: string, subjects: readonly SubjectDigest[]): Promise<Comparison>;
}

/** A batch as it came in, before anyone has checked it. */
export interface UncheckedPeerBatch {
  readonly source: string;
  readonly position: Position | null;
  readonly entries: readonly UncheckedBatchEntry[];
  /** Who sent each of them in the first place; empty when it is not known. */
  readonly agents: readonly string[];
}

/** The service as the aggregator offers it. */
export interface PeeringHandlers {
  greet(request: GreetingRequest): Promise<Greeting>;
  /** `decode` throws REQUEST_INVALID when the batch is malformed; what is not to be taken need not be decoded. */
  learn(size: BatchSize, decode: () => UncheckedPeerBatch): Promise<LearnResult>;
  subscribe(subscriptions: Subscriptions): Promise<void>;
  compare(source: string, subjects: readonly SubjectDigest[]): Promise<Comparison>;
}
