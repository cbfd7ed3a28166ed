import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { StoredEntry } from '../../../agent/spool/spool-entry.js';
import { Spool } from '../../../agent/spool/spool.js';
import { systemClock } from '../../../runtime/clock.js';
import { systemErrorCode } from '../../../runtime/errors.js';
import { silentLogger } from '../../../runtime/logger.js';
import { inFolder } from '../../support/followed-log.js';
import { spoolEntry } from '../../support/spool-entries.js';

const SOURCES = ['a', 'b'] as const;
/** More with `HVIEW_PROPERTY_RUNS=1000`. */
const RUNS = Number(process.env['HVIEW_PROPERTY_RUNS'] ?? 25);
const LIMIT = { entries: 4, bytes: 2000 };

type Action =
  | { readonly kind: 'append'; readonly source: (typeof SOURCES)[number]; readonly sizes: readonly number[] }
  | { readonly kind: 'append-unawaited'; readonly source: (typeof SOURCES)[number]; readonly count: number }
  | { readonly kind: 'next' }
  | { readonly kind: 'settle'; readonly share: number }
  | { readonly kind: 'covered'; readonly source: (typeof SOURCES)[number]; readonly share: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'crash' };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      source: fc.constantFrom(...SOURCES),
      sizes: fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('append-unawaited' as const),
      source: fc.constantFrom(...SOURCES),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: 'next' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('covered' as const),
      source: fc.constantFrom(...SOURCES),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'crash' as const }) },
);

/** A spool and what it should hold: the oracle is a list of the ids that were appended. */
class Model {
  #spool: Spool | null = null;
  #generation = 0;
  #nextId = 1;
  /** In the order in which they were appended. `unknown`: a crash came before `append` resolved. */
  appended: { id: string; source: string; sequence: number; state: 'asked' | 'certain' | 'unknown' }[] = [];
  /** Handed out since the last start, in order. */
  handedOut: StoredEntry[] = [];
  settledThrough = 0;
  /** A crash may forget what was settled a moment before. */
  settledSinceStart = 0;
  coveredThrough = new Map<string, number>();

  constructor(private readonly root: string) {}

  get folder(): string {
    return join(this.root, String(this.#generation));
  }

  get spool(): Spool {
    if (this.#spool === null) throw new Error('not open');
    return this.#spool;
  }

  async open(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    this.#spool = await Spool.open({
      folder: this.folder,
      clock: systemClock,
      logger: silentLogger,
      segmentBytes: 1500,
    });
    this.handedOut = [];
    this.settledSinceStart = 0;
  }

  async run(step: Action): Promise<void> {
    switch (step.kind) {
      case 'append':
        await this.#append(step.source, step.sizes);
        break;
      case 'append-unawaited':
        void this.#append(
          step.source,
          Array.from({ length: step.count }, () => 10),
        );
        break;
      case 'next':
        await this.#next();
        break;
      case 'settle': {
        const entry = this.handedOut[Math.floor(step.share * this.handedOut.length)];
        if (entry === undefined) break;
        this.spool.settle(entry.sequence);
        this.settledThrough = Math.max(this.settledThrough, entry.sequence);
        this.settledSinceStart = Math.max(this.settledSinceStart, entry.sequence);
        break;
      }
      case 'covered': {
        const through = Math.floor(step.share * this.spool.durableSequence);
        this.spool.covered(step.source, through);
        this.coveredThrough.set(step.source, Math.max(through, this.coveredThrough.get(step.source) ?? 0));
        break;
      }
      case 'restart':
        await this.spool.close();
        await this.open();
        this.#checkRemembered();
        break;
      case 'crash':
        await this.crash();
        await this.open();
        this.#checkRemembered();
        break;
    }
  }

  /** What a crash leaves: the files as they are now, whatever is still being written. */
  async crash(): Promise<void> {
    const dead = this.spool;
    const from = this.folder;
    this.#generation += 1;
    mkdirSync(this.folder);
    // What the dead one still gets done is done in a folder that nobody looks at.
    for (const note of this.appended) if (note.state === 'asked') note.state = 'unknown';
    copyAsOfOneMoment(from, this.folder);
    await dead.close();
  }

  async takeRest(): Promise<void> {
    while (this.spool.waiting > this.#inHand) await this.#next();
  }

  /** In order, nothing twice, nothing made up. */
  checkOrder(): void {
    const sequences = this.handedOut.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    for (const { id, sequence, source } of this.handedOut) {
      expect(this.appended.filter((other) => other.id === id)).toEqual([
        expect.objectContaining({ id, source, sequence }),
      ]);
    }
  }

  async #append(source: string, sizes: readonly number[]): Promise<void> {
    const first = this.#nextId;
    this.#nextId += sizes.length;
    const entries = sizes.map((size, index) =>
      spoolEntry({ id: String(first + index), source, context: 'x'.repeat(size) }),
    );
    const before = this.spool.lastSequence;
    const notes: Model['appended'] = entries.map(({ id }, index) => ({
      id,
      source,
      sequence: before + 1 + index,
      state: 'asked',
    }));
    this.appended.push(...notes);
    const last = await this.spool.append(entries);
    // Sequences are given at once, in order.
    expect(last).toBe(before + sizes.length);
    for (const note of notes) if (note.state === 'asked') note.state = 'certain';
  }

  async #next(): Promise<void> {
    if (this.spool.waiting > this.#inHand) this.handedOut.push(...(await this.spool.next(LIMIT)));
  }

  get #inHand(): number {
    return this.handedOut.filter(({ sequence }) => sequence > this.settledSinceStart).length;
  }

  /** All that is certain and not covered is remembered, delivered or not. */
  #checkRemembered(): void {
    for (const source of SOURCES) {
      const covered = this.coveredThrough.get(source) ?? 0;
      const remembered = this.spool.idsAfter(source, Math.min(covered, this.spool.lastSequence));
      const expected = this.appended.filter(
        (note) => note.source === source && note.state === 'certain' && note.sequence > covered,
      );
      for (const { id } of expected) expect(remembered).toContain(id);
    }
  }
}

async function withModel(test: (model: Model) => Promise<void>): Promise<void> {
  await inFolder(async (root) => {
    const model = new Model(root);
    await model.open();
    try {
      await test(model);
    } finally {
      await model.spool.close();
    }
  });
}

describe('a spool under any course of events', () => {
  it('loses nothing that was acknowledged, and keeps the order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (steps) => {
        await withModel(async (model) => {
          for (const step of steps) {
            await model.run(step);
            model.checkOrder();
          }
          await model.crash();
          await model.open();
          expect(model.spool.counts().damaged).toBe(0);
          await model.takeRest();
          model.checkOrder();
          const handedOut = new Set(model.handedOut.map(({ id }) => id));
          const lost = model.appended.filter(
            ({ id, sequence, state }) =>
              state === 'certain' && sequence > model.settledThrough && !handedOut.has(id),
          );
          expect(lost).toEqual([]);
        });
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('counts what damaged bytes have cost, and delivers the rest in order', async () => {
    const damage = fc.record({
      file: fc.double({ min: 0, max: 0.999, noNaN: true }),
      place: fc.double({ min: 0, max: 0.999, noNaN: true }),
      kind: fc.constantFrom('flip' as const, 'truncate' as const, 'zero' as const),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 15 }),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        async (appends, damages) => {
          await withModel(async (model) => {
            for (const count of appends) {
              await model.run({
                kind: 'append',
                source: 'a',
                sizes: Array.from({ length: count }, () => 100),
              });
            }
            // A clean end notes how much there is.
            await model.spool.close();
            for (const { file, place, kind } of damages) damageFile(model.folder, file, place, kind);
            await model.open();
            await model.takeRest();
            model.checkOrder();
            const { damaged } = model.spool.counts();
            expect(model.handedOut.length + damaged).toBe(model.appended.length);
          });
        },
      ),
      { numRuns: RUNS },
    );
  }, 120_000);
});

/** Files may be made and deleted while they are copied. */
function copyAsOfOneMoment(from: string, to: string): void {
  for (;;) {
    const before = stateOf(from);
    try {
      for (const name of readdirSync(from)) cpSync(join(from, name), join(to, name));
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
    if (stateOf(from) === before) return;
    for (const name of readdirSync(to)) rmSync(join(to, name));
  }
}

function stateOf(folder: string): string {
  return readdirSync(folder)
    .map((name) => {
      const { ino, size } = statSync(join(folder, name), { throwIfNoEntry: false }) ?? {};
      return `${name} ${ino ?? ''} ${size ?? ''}`;
    })
    .join('\n');
}

function damageFile(folder: string, file: number, place: number, kind: 'flip' | 'truncate' | 'zero'): void {
  const names = readdirSync(folder).filter((name) => name.endsWith('.spool'));
  const path = join(folder, names[Math.floor(file * names.length)] ?? '');
  const at = Math.floor(place * statSync(path).size);
  if (kind === 'truncate') {
    truncateSync(path, at);
    return;
  }
  const bytes = readFileSync(path);
  if (kind === 'flip') bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  else bytes.fill(0, at, Math.min(bytes.length, at + 300));
  writeFileSync(path, bytes);
}
