import type {
  Greeting,
  PeeringHandlers,
  Position,
  SubjectDigest,
  UncheckedPeerBatch,
} from '../../protocol/peering-service.js';
import type { BatchSize, UncheckedBatchEntry } from '../../protocol/batch-service.js';
import { HviewError } from '../../runtime/errors.js';
import { checkLength, checkSize } from './batch-handlers.js';
import { NameChecks, checkName } from './validation.js';

/** Subjects in one call. */
const MAX_SUBJECTS = 10_000;

const MAX_EPOCH_BYTES = 64;

/** What the handlers ask of the aggregator. */
export interface PeeringHandlersOptions {
  /** Of this start. */
  readonly run: string;
  readonly relay: {
    greeted(peerId: string, run: string): void;
    interested(peerId: string, subject: string): void;
    uninterested(peerId: string, subject: string): void;
  };
  /** Up to where each peer's reports are here. */
  readonly positions: {
    get(peerId: string): Position | null;
    reached(peerId: string, position: Position): void;
  };
  readonly learn: (
    size: BatchSize,
    decode: () => {
      readonly source: string;
      readonly kind: 'reports' | 'standing';
      readonly entries: readonly UncheckedBatchEntry[];
      readonly agent: readonly string[];
    },
  ) => Promise<{
    readonly accepted: number;
    readonly duplicates: number;
    readonly refused: number;
    readonly ignored: readonly string[];
  }>;
  /** Whether we know the subject otherwise, and want to hear of it. */
  readonly differs: (digest: SubjectDigest) => boolean;
}

/** The methods of hview.v1.Peering: they check what peers say; the rules are those of relay and intake. */
export function peeringHandlers(options: PeeringHandlersOptions): PeeringHandlers {
  const { run, relay, positions } = options;
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- a refusal has to become a rejection
    greet: async (request): Promise<Greeting> => {
      const source = checkName(request.source, 'source');
      checkPosition(request.position);
      relay.greeted(source, checkEpoch(request.run, 'run'));
      return { run, position: positions.get(source) };
    },
    learn: async (size, decode) => {
      let batch: UncheckedPeerBatch | null = null;
      const learnt = await options.learn(size, () => {
        checkSize(size);
        batch = checkLength(decode(), size);
        checkName(batch.source, 'source');
        if (batch.position !== null) checkPosition(batch.position);
        const { source, entries, agents: agent, position } = batch;
        return { source, entries, agent, kind: position === null ? 'standing' : 'reports' };
      });
      const { accepted, duplicates, refused, ignored } = learnt;
      notePosition(batch);
      return { run, accepted, duplicates, refused, ignored };
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- a refusal has to become a rejection
    subscribe: async ({ source, subscribed, unsubscribed }) => {
      checkName(source, 'source');
      checkSubjects([...subscribed, ...unsubscribed]);
      for (const subject of subscribed) relay.interested(source, subject);
      for (const subject of unsubscribed) relay.uninterested(source, subject);
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- a refusal has to become a rejection
    compare: async (source, subjects) => {
      checkName(source, 'source');
      checkSubjects(subjects.map(({ subject }) => subject));
      return { run, wanted: subjects.filter(options.differs).map(({ subject }) => subject) };
    },
  };

  /** Only now is all of the batch on disk. */
  function notePosition(batch: UncheckedPeerBatch | null): void {
    if (batch === null || batch.position === null) return;
    positions.reached(batch.source, batch.position);
  }
}

function checkEpoch(text: string, field: string): string {
  checkName(text, field);
  if (Buffer.byteLength(text) <= MAX_EPOCH_BYTES) return text;
  throw new HviewError('REQUEST_INVALID', `${field} is longer than ${MAX_EPOCH_BYTES} bytes`);
}

function checkPosition({ epoch }: Position): void {
  checkEpoch(epoch, 'position.epoch');
}

function checkSubjects(subjects: readonly string[]): void {
  if (subjects.length > MAX_SUBJECTS) {
    throw new HviewError(
      'REQUEST_INVALID',
      `there are ${subjects.length} subjects, and one call may name ${MAX_SUBJECTS}`,
    );
  }
  const names = new NameChecks();
  for (const subject of subjects) names.check(subject, 'subject');
}
