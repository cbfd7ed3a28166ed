import type { DelivererOptions } from '../../agent/delivery/deliverer.js';
import { Deliverer } from '../../agent/delivery/deliverer.js';
import type { SpoolOptions } from '../../agent/spool/spool.js';
import { Spool } from '../../agent/spool/spool.js';
import { silentLogger } from '../../runtime/logger.js';
import { FakeAggregator } from './fake-aggregator.js';
import { FakeClock, settle } from './fake-clock.js';

export interface DeliverySetUp {
  readonly aggregator: FakeAggregator;
  readonly spool: Spool;
  readonly deliverer: Deliverer;
  readonly clock: FakeClock;
  /** `ID OUTCOME` of each entry, in the order in which they were done. */
  readonly outcomes: string[];
  /** Lets the time run until the promise is settled. */
  readonly run: <Value>(promise: Promise<Value>) => Promise<Value>;
  /** Lets the time run until the condition holds. */
  readonly until: (isMet: () => boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A deliverer, not yet started, between a spool in memory and an aggregator that does what it is told. */
export async function setUpDelivery(
  options: Partial<Omit<DelivererOptions, 'client' | 'spool' | 'clock'>> & {
    readonly spool?: Partial<SpoolOptions>;
  } = {},
): Promise<DeliverySetUp> {
  const { spool: spoolOptions = {}, ...rest } = options;
  const clock = new FakeClock();
  const aggregator = new FakeAggregator();
  const spool = await Spool.open({ folder: null, clock, logger: silentLogger, ...spoolOptions });
  const outcomes: string[] = [];
  const deliverer = new Deliverer({
    client: aggregator,
    spool,
    agent: 'agent@test',
    stateFolder: null,
    giveUpAfterMs: Infinity,
    onSettled: (entry, outcome) => outcomes.push(`${entry.id} ${outcome}`),
    clock,
    random: () => 0,
    logger: silentLogger,
    ...rest,
  });
  const until = async (isMet: () => boolean): Promise<void> => {
    while (!isMet()) {
      await settle();
      // Not beyond the next timer, so that what it sets off happens at its own time.
      await settle();
      clock.advance(Math.max(1, Math.min(clock.nextDelayMs, 100)));
    }
  };
  return {
    ...{ aggregator, spool, deliverer, clock, outcomes, until },
    async run(promise) {
      let isDone = false;
      const done = (): void => void (isDone = true);
      promise.then(done, done);
      await until(() => isDone);
      return promise;
    },
    async close() {
      await deliverer.close();
      await spool.close();
    },
  };
}
