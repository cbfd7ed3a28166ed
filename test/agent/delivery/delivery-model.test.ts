import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setUpDelivery } from '../../support/delivery.js';
import type { Reply } from '../../support/fake-aggregator.js';
import { spoolEntry } from '../../support/spool-entries.js';

/** More with `HVIEW_PROPERTY_RUNS=1000`. */
const RUNS = Number(process.env['HVIEW_PROPERTY_RUNS'] ?? 50);
const SOURCES = ['a', 'b', 'c'] as const;

const reply: fc.Arbitrary<Reply> = fc.constantFrom(
  'ok',
  'ok',
  'ok',
  'UNREACHABLE',
  'TIMEOUT',
  'taken-but-no-answer',
  'OVERLOADED',
);

const entries = fc.array(
  fc.record({
    source: fc.constantFrom(...SOURCES),
    fate: fc.oneof(
      { weight: 20, arbitrary: fc.constant('good' as const) },
      { weight: 1, arbitrary: fc.constantFrom('poison' as const, 'invalid' as const, 'refused' as const) },
    ),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('delivery under any course of failures', () => {
  it.each([true, false])(
    'brings every good entry once and in order per log, and holds none up (batches: %s)',
    async (hasBatches) => {
      await fc.assert(
        fc.asyncProperty(
          entries,
          fc.array(reply, { maxLength: 25 }),
          fc.integer({ min: 1, max: 30 }),
          async (made, replies, capacity) => {
            const { aggregator, spool, deliverer, outcomes, clock, until, close } = await setUpDelivery({
              batch: { entries: 16, bytes: 1e6 },
            });
            aggregator.hasBatches = hasBatches;
            aggregator.capacity = capacity;
            // A single report has no id: an answer that is lost makes a duplicate there.
            aggregator.replies = replies.filter((one) => hasBatches || one !== 'taken-but-no-answer');
            made.forEach(({ fate }, index) => {
              if (fate !== 'good') aggregator[fate].add(`${index}`);
            });
            deliverer.start();
            for (const [index, { source }] of made.entries()) {
              await spool.append([spoolEntry({ id: `${index}`, source, subject: `subject of ${source}` })]);
            }
            // A poisonous entry is proven to be one by good ones that get through later.
            let extras = 0;
            const startMs = clock.now();
            await until(() => {
              if (spool.waiting > 0 && clock.now() > startMs + 30_000 * (extras + 1)) {
                extras += 1;
                void spool.append([
                  spoolEntry({ id: `extra ${extras}`, source: 'a', subject: 'subject of a' }),
                ]);
              }
              return spool.waiting === 0 || extras > 100;
            });
            await close();

            for (const source of SOURCES) {
              const good = made.flatMap((entry, index) =>
                entry.source === source &&
                (entry.fate === 'good' || (!hasBatches && entry.fate === 'refused'))
                  ? [`${index}`]
                  : [],
              );
              const taken = aggregator.taken.filter((id) => made[Number(id)]?.source === source);
              expect(taken).toEqual(good);
            }
            expect(outcomes).toHaveLength(made.length + extras);
            expect(spool.counts()).toMatchObject({
              delivered: made.length + extras,
              waiting: { entries: 0 },
            });
          },
        ),
        { numRuns: RUNS },
      );
    },
    120_000,
  );
});
