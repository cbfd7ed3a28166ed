import { connectIn } from '../../client/connect-in.js';
import type { ConnectOptions } from '../../client/connect-options.js';
import type { HealthReporter } from '../../client/health-reporter.js';
import type { Problem } from '../../client/problem.js';
import { FakeClock, settle } from './fake-clock.js';
import { FakeDestination } from './fake-destination.js';

/** A reporter with an aggregator in memory and a clock that stands still. */
export interface ReporterRig {
  readonly clock: FakeClock;
  readonly destination: FakeDestination;
  readonly health: HealthReporter;
  /** What the caller was told, as `kind: message`. */
  readonly problems: string[];
  /** Lets what is under way happen. */
  settle(): Promise<void>;
  /** Moves the time on, a step at a time, and lets what falls due happen. */
  pass(milliseconds: number): Promise<void>;
}

/** As connect does it; pauses are as long as they can be. */
export function reporterRig(
  options: Partial<ConnectOptions> = {},
  destination = new FakeDestination(),
): ReporterRig {
  const clock = new FakeClock();
  const problems: string[] = [];
  const health = connectIn(
    {
      aggregator: 'test:1',
      module: 'shop',
      observer: 'cart@1',
      onProblem: ({ kind, message }: Problem) => problems.push(`${kind}: ${message}`),
      ...options,
    },
    { clock, random: () => 0, idPrefix: 'me', open: () => destination },
  );
  return {
    ...{ clock, destination, health, problems },
    settle: settleAll,
    async pass(milliseconds) {
      const endMs = clock.now() + milliseconds;
      await settleAll();
      while (clock.now() < endMs) {
        clock.advance(Math.max(1, Math.min(clock.nextDelayMs, endMs - clock.now())));
        await settleAll();
      }
    },
  };
}

/** A call to the aggregator in memory takes a few turns. */
async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await settle();
}
