import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, systemClock } from '../../runtime/clock.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

const pause = (milliseconds: number): Promise<void> => sleep(systemClock, milliseconds);

/** Writes `perSecond` lines a second until `during` is over. */
async function writeDuring(world: World, perSecond: number, during: Promise<void>): Promise<void> {
  const progress = { isOver: false };
  const over = during.finally(() => (progress.isOver = true));
  const startMs = systemClock.monotonic();
  let written = 0;
  while (!progress.isOver) {
    const due = Math.floor(((systemClock.monotonic() - startMs) / 1000) * perSecond) - written;
    if (due > 0) world.write(due);
    written += due;
    await pause(5);
  }
  await over;
}

/** Ends and starts something again at random points while lines are written. */
async function again(
  world: World,
  random: () => number,
  rounds: number,
  perSecond: number,
  round: (index: number) => Promise<void>,
): Promise<void> {
  const during = (async () => {
    for (let index = 0; index < rounds; index += 1) {
      await pause(50 + random() * 400);
      await round(index);
    }
  })();
  await writeDuring(world, perSecond, during);
  world.write(10);
}

function checkpointsOf(world: World): string[] {
  const folder = world.path('state/checkpoints');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));
}

/** Stops, crashes and spoilt state. */
export const CRASH_SCENARIOS: readonly Scenario[] = [
  {
    name: 'stop-and-start',
    what: 'the agent is stopped and started 20 times while 1,000 lines a second are written',
    promise: 'exact',
    async run(world, random) {
      await world.startBoth();
      await again(world, random, 20, 1000, async () => {
        await world.endAgent();
        await world.startAgent();
      });
    },
  },
  {
    name: 'kill-agent-once',
    what: 'kill -9 of the agent while lines are written',
    promise: 'exact',
    isQuick: true,
    async run(world, random) {
      await world.startBoth();
      await again(world, random, 2, 1000, async () => {
        await world.endAgent('SIGKILL');
        await world.startAgent();
      });
    },
  },
  {
    name: 'kill-agent',
    what: 'kill -9 of the agent 50 times while 1,000 lines a second are written and rotated',
    promise: 'exact',
    async run(world, random) {
      await world.startBoth();
      await again(world, random, 50, 1000, async (index) => {
        await world.endAgent('SIGKILL');
        if (index % 3 === 0) world.rotate();
        await world.startAgent();
      });
    },
  },
  {
    name: 'kill-aggregator',
    what: 'kill -9 of the aggregator 50 times while 1,000 lines a second arrive',
    promise: 'exact',
    async run(world, random) {
      await world.startBoth();
      await again(world, random, 50, 1000, async () => {
        await world.endServer('SIGKILL');
        await world.startServer();
      });
    },
  },
  {
    name: 'kill-both',
    what: 'kill -9 of either or both, 30 times',
    promise: 'exact',
    async run(world, random) {
      await world.startBoth();
      await again(world, random, 30, 1000, async () => {
        const which = random();
        if (which < 0.7) await world.endAgent('SIGKILL');
        if (which > 0.3) await world.endServer('SIGKILL');
        if (which > 0.3) await world.startServer();
        if (which < 0.7) await world.startAgent();
      });
    },
  },
  {
    name: 'half-written-checkpoint',
    what: 'a crash in the middle of writing a checkpoint',
    promise: 'exact',
    async run(world) {
      world.write(300);
      await world.startBoth();
      await world.untilArrived();
      await pause(1300);
      await world.endAgent('SIGKILL');
      for (const path of checkpointsOf(world)) {
        writeFileSync(`${path}.tmp`, readFileSync(path, 'utf8').slice(0, 100));
      }
      world.write(300);
      await world.startAgent();
    },
  },
  ...[
    ['empty', () => ''],
    ['garbage', () => '\u0000\u0001 garbage'],
    ['cut short', (text: string) => text.slice(0, text.length - 40)],
    ['of a newer version', (text: string) => text.replace('"version":1', '"version":99')],
  ].map(([how, spoil]): Scenario => ({
    name: `checkpoint-${String(how).replaceAll(' ', '-')}`,
    what: `the checkpoint is ${String(how)}: said clearly, the log is read from its start, nothing is doubled`,
    promise: 'exact',
    async run(world) {
      world.write(300);
      await world.startBoth();
      await world.untilArrived();
      await world.endAgent();
      for (const path of checkpointsOf(world)) {
        writeFileSync(path, (spoil as (text: string) => string)(readFileSync(path, 'utf8')));
      }
      world.write(300);
      await world.startAgent();
      await world.agent.waitForOutput(/a checkpoint cannot be used/);
    },
  })),
  {
    name: 'state-lost',
    what: 'the state folder is deleted while no agent runs: read again, nothing is doubled',
    promise: 'exact',
    async run(world) {
      world.write(300);
      await world.startBoth();
      await world.untilArrived();
      await world.endAgent();
      rmSync(world.path('state'), { recursive: true });
      world.write(300);
      await world.startAgent();
    },
  },
  {
    name: 'partial-line-over-restart',
    what: 'a line is half written when the agent is stopped, and when it is killed',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        world.write(50);
        await world.writeSplit(async () => {
          await pause(1200);
          await world.endAgent(signal);
        });
        world.write(50);
        await world.startAgent();
        await world.untilArrived();
      }
    },
  },
  {
    name: 'record-open-over-restart',
    what: 'a record with many continuation lines is open when the agent is killed',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      for (let round = 0; round < 5; round += 1) {
        world.write(1);
        for (let line = 0; line < 30; line += 1) appendFileSync(world.log, `\tat some.Class.method${line}\n`);
        await pause(20);
        await world.endAgent('SIGKILL');
        for (let line = 0; line < 30; line += 1) appendFileSync(world.log, `\tat more.Class.method${line}\n`);
        await world.startAgent();
      }
      world.write(10);
    },
  },
  {
    name: 'many-rotations',
    what: 'three hundred rotations leave no more than a handful of files in the state folder',
    promise: 'exact',
    async run(world) {
      world.write(10);
      await world.startBoth();
      await world.untilArrived();
      for (let round = 0; round < 300; round += 1) {
        world.write(5);
        world.rotate(50);
        await pause(30);
      }
      world.write(5);
      await world.untilArrived();
      await pause(1500);
      const files = readdirSync(world.path('state'), { recursive: true }).length;
      if (files > 12) throw new Error(`${files} files in the state folder`);
    },
  },
  {
    name: 'two-agents',
    what: 'a second agent on the same state folder refuses to start',
    promise: 'exact',
    async run(world) {
      world.write(50);
      await world.startBoth();
      const first = world.agent;
      const second = await world.startAgent().then(
        () => 'started',
        (error: unknown) => String(error),
      );
      if (!second.includes('uses the state folder')) throw new Error(`the second agent: ${second}`);
      world.adopt(first);
    },
  },
];
