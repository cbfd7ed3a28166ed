import { existsSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { sleep, systemClock } from '../../runtime/clock.js';
import { zipped } from '../support/zipped.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

const pause = (milliseconds: number): Promise<void> => sleep(systemClock, milliseconds);

/** As gzip does it: the time of the last change stays. */
function gzip(path: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  utimesSync(`${path}.gz`, atime, mtime);
  rmSync(path);
}

/** Renames the compressed parts from `first` on, of which the highest is the oldest, by one. */
function countUp(world: World, first: number): void {
  for (let count = 19; count >= first; count -= 1) {
    const part = `${world.log}.${count}.gz`;
    if (existsSync(part)) renameSync(part, `${world.log}.${count + 1}.gz`);
  }
}

/** Reads all there is, then ends the agent. */
async function readAndEnd(world: World, lines: number): Promise<void> {
  world.write(lines);
  await world.startBoth();
  await world.untilArrived();
  await world.endAgent();
}

/** Logs whose older parts are compressed while no agent runs. */
export const COMPRESSION_SCENARIOS: readonly Scenario[] = [
  {
    name: 'compressed-while-stopped',
    what: 'five rotations while no agent runs, each part compressed with gzip and counted up',
    promise: 'exact',
    isQuick: true,
    async run(world) {
      world.write(200);
      world.rotate();
      gzip(`${world.log}.1`);
      await pause(20);
      await readAndEnd(world, 500);
      for (let round = 0; round < 5; round += 1) {
        world.write(300);
        countUp(world, 1);
        world.rotate(1);
        gzip(`${world.log}.1`);
        await pause(20);
      }
      world.write(300);
      world.forgive(1, 200);
      await world.startAgent();
    },
  },
  {
    name: 'compressed-later',
    what: 'the same, the newest part left as it is until the next rotation; the agent is away three times',
    promise: 'exact',
    async run(world) {
      await readAndEnd(world, 100);
      for (let absence = 0; absence < 3; absence += 1) {
        for (let round = 0; round < 3; round += 1) {
          world.write(200);
          countUp(world, 2);
          if (existsSync(`${world.log}.1`)) {
            renameSync(`${world.log}.1`, `${world.log}.2`);
            gzip(`${world.log}.2`);
          }
          world.rotate(1);
          await pause(20);
        }
        world.write(100);
        await world.startAgent();
        await world.untilArrived();
        world.write(50);
        await world.endAgent();
      }
      await world.startAgent();
    },
  },
  {
    name: 'copied-and-compressed-while-stopped',
    what: 'copied and cut four times while no agent runs, each copy compressed',
    promise: 'exact',
    async run(world) {
      await readAndEnd(world, 300);
      for (let round = 1; round <= 4; round += 1) {
        world.write(300);
        world.copyTruncate();
        renameSync(`${world.log}.1`, `${world.log}.2026-11-2${round}`);
        gzip(`${world.log}.2026-11-2${round}`);
        await pause(20);
      }
      world.write(300);
      await world.startAgent();
    },
  },
  {
    name: 'zipped-while-stopped',
    what: 'parts with a date and a number in zip archives, as logback names and makes them',
    promise: 'exact',
    async run(world) {
      await readAndEnd(world, 300);
      for (let round = 0; round < 4; round += 1) {
        world.write(300);
        writeFileSync(`${world.log}.2026-11-22.${round}.zip`, zipped('app.log', readFileSync(world.log)));
        rmSync(world.log);
        await pause(20);
      }
      world.write(300);
      await world.startAgent();
    },
  },
  {
    name: 'killed-in-a-compressed-part',
    what: 'kill -9 of the agent ten times while it reads parts that were compressed while it was away',
    promise: 'exact',
    async run(world, random) {
      await readAndEnd(world, 100);
      for (let round = 0; round < 3; round += 1) {
        world.write(40_000);
        world.rotate();
        await pause(20);
      }
      for (const count of [3, 2, 1]) gzip(`${world.log}.${count}`);
      for (let round = 0; round < 10; round += 1) {
        world.write(100);
        await world.startAgent();
        await pause(50 + random() * 400);
        await world.endAgent('SIGKILL');
      }
      await world.startAgent();
    },
  },
  {
    name: 'being-compressed',
    what: 'the agent starts while the part that it read is being compressed',
    promise: 'exact',
    async run(world) {
      await readAndEnd(world, 300);
      world.write(20_000);
      const packed = gzipSync(readFileSync(world.log));
      rmSync(world.log);
      world.write(100);
      writeFileSync(`${world.log}.1.gz`, packed.subarray(0, packed.length / 2));
      const started = world.startAgent();
      await pause(1500);
      writeFileSync(`${world.log}.1.gz`, packed);
      await started;
    },
  },
  {
    name: 'compressed-and-deleted',
    what: 'away so long that the part that was being read is deleted, with three compressed ones after it',
    promise: 'gap',
    async run(world) {
      await readAndEnd(world, 300);
      const from = world.last + 1;
      world.write(200);
      world.forgive(from, world.last);
      rmSync(world.log);
      await pause(20);
      for (let round = 3; round >= 1; round -= 1) {
        world.write(300);
        renameSync(world.log, `${world.log}.${round}`);
        gzip(`${world.log}.${round}`);
        await pause(20);
      }
      world.write(300);
      await world.startAgent();
    },
  },
  {
    name: 'compressed-and-cut-short',
    what: 'the compressed part is damaged: what can be unpacked is read',
    promise: 'gap',
    async run(world) {
      await readAndEnd(world, 300);
      const from = world.last + 1;
      world.write(20_000);
      const packed = gzipSync(readFileSync(world.log));
      rmSync(world.log);
      writeFileSync(`${world.log}.1.gz`, packed.subarray(0, packed.length / 2));
      utimesSync(`${world.log}.1.gz`, 1_700_000_000, 1_700_000_000);
      world.forgive(from, world.last);
      world.write(100);
      await world.startAgent();
    },
  },
];
