import { describe, expect, it } from '@jest/globals';
import type { BatchEntry, UncheckedBatchEntry } from '../../protocol/batch-service.js';
import type { Report } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';
import { printsOf } from '../../runtime/text-print.js';
import type { AdmissionLimits } from '../../server/intake/admission.js';
import { Admission } from '../../server/intake/admission.js';
import { Intake } from '../../server/intake/intake.js';
import { TakenIds } from '../../server/intake/taken-ids.js';
import type { Change } from '../../server/persistence/persistence.js';
import { checkEntries } from '../../server/rpc/batch-handlers.js';
import { Registrations } from '../../server/rpc/registrations.js';
import { checkName } from '../../server/rpc/validation.js';
import { HoldBuffer } from '../../server/store/hold-buffer.js';
import { ReportStore } from '../../server/store/report-store.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { report } from '../support/observations.js';

/** A journal whose every transaction ends when the test says so. */
class Journal {
  readonly changes: Change[] = [];
  #ends: ((failure: Error | null) => void)[] = [];

  save(change: Change): Promise<void> {
    this.changes.push(change);
    return new Promise((resolve, reject) =>
      this.#ends.push((failure) => (failure === null ? resolve() : reject(failure))),
    );
  }

  saveUnwatch(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends the oldest transaction that is under way. */
  async end(failure: Error | null = null): Promise<void> {
    this.#ends.shift()?.(failure);
    await settle();
  }

  /** Ids in the order in which they were to be written, transaction by transaction. */
  get ids(): string[][] {
    return this.changes.map(({ reports }) => reports.map(({ id }) => id));
  }
}

const FULL = new HviewError('DATABASE_FAILED', 'the disk is full');

function setUp(parts: { filterSubmission?: boolean; limits?: AdmissionLimits } = {}) {
  const journal = new Journal();
  const store = new ReportStore();
  const relayed: string[] = [];
  /** The agents of the reports that were taken. */
  const told: string[] = [];
  const held = new HoldBuffer({ timeMs: 180_000, listLength: 60 });
  const intake = new Intake({
    clock: new FakeClock(),
    filterSubmission: parts.filterSubmission ?? false,
    checks: { module: (name) => checkName(name, 'module'), entries: checkEntries },
    registrations: new Registrations(),
    store,
    held,
    journal,
    relay: {
      isAlone: true,
      nextId: () => '',
      propagate: (entries) => relayed.push(...entries.map(({ report: { subject } }) => subject)),
      subscribe: (subject) => relayed.push(`subscribe ${subject}`),
      interested: () => undefined,
    },
    evidence: { reported: (_, evidence) => void told.push(evidence?.agent ?? 'nobody') },
    onChange: () => undefined,
    admission: new Admission(parts.limits),
    takenIds: new TakenIds(1000),
  });
  return { intake, journal, store, held, relayed, told };
}

function entry(id: string, parts: Partial<Report> = {}): BatchEntry {
  return { id, report: report(parts), provenance: null };
}

function submit(intake: Intake, entries: readonly UncheckedBatchEntry[], module = 'ZooKeeper') {
  const size = { observations: entries.length, bytes: entries.length * 50 };
  return intake.batch(size, () => ({ agent: 'a', module, entries }));
}

/** What was received must be accounted for at any time. */
function sums(intake: Intake): { received: number; accounted: number; waiting: number } {
  const { received, refused, accepted, duplicates, shed, ignored, waiting } = intake.counts();
  const total = (parts: Readonly<Record<string, number>>): number =>
    Object.values(parts).reduce((sum, part) => sum + part, 0);
  return {
    received: total(received),
    accounted: accepted + duplicates + total(refused) + shed + ignored + waiting,
    waiting,
  };
}

describe('a batch', () => {
  it('is one transaction with the registrations and subjects that are new, and is answered after it', async () => {
    const { intake, journal, store } = setUp();
    let answer: unknown = null;
    const entries = [
      entry('a', { observer: 'peer@1', subject: 'peer@2' }),
      entry('b', { observer: 'peer@3', subject: 'peer@2' }),
      entry('c', { observer: 'peer@1', subject: 'peer@4' }),
    ];
    const answered = submit(intake, entries).then((result) => (answer = result));
    await settle();
    const [change] = journal.changes;
    expect(change?.registrations).toEqual([
      { handle: 10001, registration: { module: 'ZooKeeper', observer: 'peer@1' } },
      { handle: 10002, registration: { module: 'ZooKeeper', observer: 'peer@3' } },
    ]);
    expect([...(change?.watched.keys() ?? [])]).toEqual(['peer@1', 'peer@3', 'peer@2', 'peer@4']);
    expect(change?.reports).toEqual(entries);
    expect([answer, store.isWatched('peer@2'), sums(intake).waiting]).toEqual([null, false, 3]);
    await journal.end();
    await answered;
    expect(answer).toEqual({ accepted: 3, duplicates: 0, refused: [] });
    expect([...(store.panorama('peer@2')?.views.keys() ?? [])]).toEqual(['peer@1', 'peer@3']);
    void submit(intake, [entry('d')]);
    await settle();
    expect(journal.changes).toHaveLength(2);
    expect(journal.changes[1]).toMatchObject({ registrations: [], watched: new Map() });
  });

  it('that was not written leaves no trace, and is taken when it is sent again', async () => {
    const { intake, journal, store, relayed } = setUp();
    const refusal = expect(submit(intake, [entry('a'), entry('b')])).rejects.toBe(FULL);
    await journal.end(FULL);
    await refusal;
    expect([store.panorama('peer@2'), store.isWatched('peer@1'), relayed]).toEqual([undefined, false, []]);
    const again = submit(intake, [entry('a'), entry('b')]);
    await settle();
    expect(journal.changes[1]?.registrations).toHaveLength(1);
    await journal.end();
    expect(await again).toEqual({ accepted: 2, duplicates: 0, refused: [] });
    expect(intake.counts()).toMatchObject({ accepted: 2, refused: { unwritten: 2 } });
    expect(relayed).toEqual(['peer@2', 'peer@2']);
  });

  it('keeps good entries when others are bad, and says which those are', async () => {
    const { intake, journal } = setUp();
    const answer = submit(intake, [
      entry('a'),
      entry('b', { subject: '' }),
      entry('x'.repeat(65)),
      entry('a'),
      entry('c', { observer: 'peer@1\0' }),
      { id: 'd', report: { observer: 'o', subject: 's', observation: null }, provenance: null },
      entry('e'),
    ]);
    await journal.end();
    expect(await answer).toEqual({
      accepted: 2,
      duplicates: 1,
      refused: [
        { index: 1, reason: 'report.subject is empty' },
        { index: 2, reason: 'id is longer than 64 bytes' },
        { index: 4, reason: 'report.observer holds a zero byte' },
        { index: 5, reason: 'report.observation.ts is missing' },
      ],
    });
    expect(journal.ids).toEqual([['a', 'e']]);
    expect(sums(intake)).toEqual({ received: 7, accounted: 7, waiting: 0 });
  });

  it('of duplicates alone is answered without a transaction', async () => {
    const { intake, journal } = setUp();
    intake.restore(printsOf(['a', 'b']));
    expect(await submit(intake, [entry('a'), entry('b')])).toEqual({
      accepted: 0,
      duplicates: 2,
      refused: [],
    });
    expect(journal.changes).toEqual([]);
  });

  it('of a module without a name is refused as a whole', async () => {
    const { intake, journal } = setUp();
    await expect(submit(intake, [entry('a')], '')).rejects.toMatchObject({ message: 'module is empty' });
    expect(journal.changes).toEqual([]);
    expect(intake.counts()).toMatchObject({
      received: { batched: 1 },
      refused: { malformed: 1 },
      waiting: 0,
    });
  });
});

describe('a batch that is sent again while it is being written', () => {
  it('waits, and is a duplicate once the first is on disk', async () => {
    const { intake, journal } = setUp();
    const first = submit(intake, [entry('a'), entry('b')]);
    let isAnswered = false;
    const second = submit(intake, [entry('b'), entry('c')]).finally(() => (isAnswered = true));
    await settle();
    expect([journal.ids, isAnswered]).toEqual([[['a', 'b']], false]);
    await journal.end();
    expect(await first).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(journal.ids).toEqual([['a', 'b'], ['c']]);
    await journal.end();
    expect(await second).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(sums(intake)).toEqual({ received: 4, accounted: 4, waiting: 0 });
  });

  it('is written itself when the first could not be', async () => {
    const { intake, journal } = setUp();
    const first = expect(submit(intake, [entry('a')])).rejects.toBe(FULL);
    const second = submit(intake, [entry('a')]);
    await journal.end(FULL);
    await first;
    expect(journal.ids).toEqual([['a'], ['a']]);
    await journal.end();
    expect(await second).toMatchObject({ accepted: 1, duplicates: 0 });
  });

  it('is a duplicate even of the third that took the place of a first that failed', async () => {
    const { intake, journal } = setUp();
    const first = expect(submit(intake, [entry('a')])).rejects.toBe(FULL);
    const others = [submit(intake, [entry('a')]), submit(intake, [entry('a')])];
    await journal.end(FULL);
    await first;
    expect(journal.ids).toEqual([['a'], ['a']]);
    await journal.end();
    expect((await Promise.all(others)).map(({ accepted }) => accepted)).toEqual([1, 0]);
    expect(journal.changes).toHaveLength(2);
  });
});

describe('more than the journal can take', () => {
  const limits = { reports: 100, bytes: 1_000_000 };

  it('is sent away at once, single or batched, until half of what waits is done', async () => {
    const { intake, journal } = setUp({ limits });
    await register(intake, journal);
    const batchOf = (name: string, length: number) =>
      submit(
        intake,
        Array.from({ length }, (_, index) => entry(`${name}${index}`)),
      );
    const taken = [batchOf('a', 50), batchOf('b', 49)];
    const single = intake.single(10001, () => report());
    for (const attempt of [() => batchOf('c', 1), () => intake.single(10001, () => report())])
      await expect(attempt()).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(sums(intake)).toEqual({ received: 102, accounted: 102, waiting: 100 });
    await journal.end();
    expect(intake.counts()).toMatchObject({ accepted: 50, shed: 2, waiting: 50 });
    const late = batchOf('c', 1);
    for (let index = 0; index < 3; index += 1) await journal.end();
    expect(await Promise.all(taken)).toMatchObject([{ accepted: 50 }, { accepted: 49 }]);
    expect([await single, await late]).toMatchObject(['accepted', { accepted: 1 }]);
    expect(sums(intake)).toEqual({ received: 103, accounted: 103, waiting: 0 });
  });

  it('is never decoded', async () => {
    const { intake } = setUp({ limits });
    void submit(
      intake,
      Array.from({ length: 100 }, (_, index) => entry(`${index}`)),
    );
    const decode = (): never => {
      throw new Error('decoded');
    };
    await expect(intake.batch({ observations: 1, bytes: 1 }, decode)).rejects.toMatchObject({
      code: 'OVERLOADED',
    });
  });

  async function register(intake: Intake, journal: Journal): Promise<void> {
    const registered = intake.register({ module: 'ZooKeeper', observer: 'peer@1' });
    await journal.end();
    await registered;
  }
});

describe('what peers said before', () => {
  it('joins the panorama with the first batch that speaks of the subject, and counts as released', async () => {
    const { intake, journal, store, held, relayed } = setUp({ filterSubmission: true });
    const learnt = report({ observer: 'peer@9', subject: 'peer@2' });
    expect(await intake.learnt('pano1', () => learnt)).toBe('ignored');
    const answer = submit(intake, [entry('a'), entry('b', { subject: 'peer@3' })]);
    await journal.end();
    expect(journal.changes[1]?.reports.map(({ report: { observer } }) => observer)).toEqual(['peer@9']);
    await journal.end();
    expect(await answer).toMatchObject({ accepted: 2 });
    expect([...(store.panorama('peer@2')?.views.keys() ?? [])]).toEqual(['peer@1', 'peer@9']);
    expect(relayed).toEqual(['subscribe peer@2', 'peer@2', 'peer@3']);
    expect(held.reports).toBe(0);
    expect(intake.counts()).toMatchObject({ accepted: 2, ignored: 1, released: 1 });
    expect(sums(intake)).toEqual({ received: 3, accounted: 3, waiting: 0 });
  });

  it('is held on when it could not be written', async () => {
    const { intake, journal, held } = setUp({ filterSubmission: true });
    await intake.learnt('pano1', () => report({ observer: 'peer@9' }));
    const answer = submit(intake, [entry('a')]);
    await journal.end();
    expect(held.reports).toBe(0);
    await journal.end(FULL);
    expect(await answer).toMatchObject({ accepted: 1 });
    expect(held.reports).toBe(1);
    expect(intake.counts()).toMatchObject({ released: 0 });
  });
});

describe('what has to outlive a loss of power', () => {
  it('is what is said here, not what a peer has as well and gives again', async () => {
    const { intake, journal } = setUp();
    void submit(intake, [entry('batch')]);
    void intake.learnt('original', () => report({ observer: 'single of a peer that sends nothing twice' }));
    void intake.learntBatch({ observations: 1, bytes: 50 }, () => ({
      ...{ source: 'pano1', kind: 'reports', agent: [''] },
      entries: [entry('batch of a peer')],
    }));
    await settle();
    expect(journal.changes.map(({ reports: [first], isElsewhere }) => [first?.id, isElsewhere])).toEqual([
      ['batch', false],
      ['', false],
      ['batch of a peer', true],
    ]);
  });
});

describe('the figures of single reports', () => {
  it('tell apart what was malformed, of nobody, and not written', async () => {
    const { intake, journal } = setUp();
    const malformed = new HviewError('REQUEST_INVALID', 'report.subject is empty');
    const refuse = (): never => {
      throw malformed;
    };
    await expect(intake.single(1, refuse)).rejects.toBe(malformed);
    await expect(intake.learnt('pano1', refuse)).rejects.toBe(malformed);
    await expect(intake.single(1, () => report())).rejects.toThrow('Invalid submission handle');
    const registered = intake.register({ module: 'm', observer: 'peer@1' });
    await journal.end();
    const unwritten = expect(intake.single(await registered, () => report())).rejects.toBe(FULL);
    await journal.end(FULL);
    await unwritten;
    const learnt = intake.learnt('pano1', () => report());
    await journal.end();
    expect(await learnt).toBe('accepted');
    expect(intake.counts()).toEqual({
      received: { single: 3, batched: 0, relayed: 2 },
      accepted: 1,
      duplicates: 0,
      refused: { malformed: 2, unregistered: 1, crowded: 0, unwritten: 1 },
      shed: 0,
      ignored: 0,
      waiting: 0,
      released: 0,
    });
  });
});
