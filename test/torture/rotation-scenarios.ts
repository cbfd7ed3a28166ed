import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { gzipSync } from 'node:zlib';
import { sleep, systemClock } from '../../runtime/clock.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

const pause = (milliseconds: number): Promise<void> => sleep(systemClock, milliseconds);

/** A writer that keeps its file open, as loggers do. */
class OpenWriter {
  readonly #world: World;
  #file: number;

  constructor(world: World, path = world.log) {
    this.#world = world;
    this.#file = openSync(path, 'a');
  }

  write(count: number): void {
    writeSync(this.#file, this.#world.lines(count));
  }

  reopen(path = this.#world.log): void {
    closeSync(this.#file);
    this.#file = openSync(path, 'a');
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Logs that come, go and are rotated while the agent watches. */
export const ROTATION_SCENARIOS: readonly Scenario[] = [
  {
    name: 'existing',
    what: 'a log that is there at the start is read from its head, and a new one as well',
    promise: 'exact',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      rmSync(world.log);
      await pause(300);
      world.write(100);
    },
  },
  {
    name: 'appears-late',
    what: 'the log and its folder appear after the start, go, and come again',
    promise: 'exact',
    options: { logs: 'deep/er/app.log' },
    async run(world) {
      await world.startBoth();
      const log = world.path('deep/er/app.log');
      for (let round = 0; round < 3; round += 1) {
        mkdirSync(world.path('deep/er'), { recursive: true });
        world.write(50, log);
        await world.untilArrived();
        rmSync(world.path('deep'), { recursive: true });
        await pause(1200);
      }
    },
  },
  {
    name: 'globs',
    what: 'two globs over logs in folders that come later; files renamed into and out of the pattern',
    promise: 'exact',
    options: { logs: '**/*.log' },
    async run(world) {
      world.write(20, world.path('a.log'), { writer: 'a' });
      await world.startBoth();
      mkdirSync(world.path('new/folder'), { recursive: true });
      world.write(20, world.path('new/folder/b.log'), { writer: 'b' });
      writeFileSync(world.path('c.txt'), world.lines(20, { writer: 'c' }));
      renameSync(world.path('c.txt'), world.path('c.log'));
      await world.untilArrived();
      world.write(20, world.path('a.log'), { writer: 'a' });
      await world.untilArrived();
      renameSync(world.path('c.log'), world.path('c.txt'));
      world.write(20, world.path('new/folder/b.log'), { writer: 'b' });
    },
  },
  {
    name: 'links',
    what: 'the log is a symbolic link whose target is swapped, then a hard link to a log that is read',
    promise: 'exact',
    options: { logs: '*.log' },
    async run(world) {
      world.write(30, world.path('one.txt'));
      symlinkSync(world.path('one.txt'), world.log);
      await world.startBoth();
      await world.untilArrived();
      writeFileSync(world.path('two.txt'), world.lines(30));
      symlinkSync(world.path('two.txt'), world.path('next'));
      renameSync(world.path('next'), world.log);
      await world.untilArrived();
      symlinkSync(world.path('two.txt'), world.path('again.log'));
      world.write(30, world.path('two.txt'));
    },
  },
  {
    name: 'small-files',
    what: 'an empty log, one that grows byte by byte, one that gets its line feed late',
    promise: 'exact',
    async run(world) {
      writeFileSync(world.log, '');
      await world.startBoth();
      for (const byte of world.lines(3)) {
        appendFileSync(world.log, byte);
        await pause(2);
      }
      await world.writeSplit(() => pause(400));
    },
  },
  {
    name: 'permission',
    what: 'the log cannot be read for a while (as root: it is a folder for a while)',
    promise: 'exact',
    async run(world) {
      await world.startServer();
      if (process.getuid?.() === 0) {
        await world.startAgent();
        mkdirSync(world.log);
        await pause(700);
        rmSync(world.log, { recursive: true });
        world.write(50);
        return;
      }
      world.write(50);
      chmodSync(world.log, 0);
      await world.startAgent();
      await pause(700);
      chmodSync(world.log, 0o600);
    },
  },
  {
    name: 'rename',
    what: 'rotation by rename; the writer opens a new file at once',
    promise: 'exact',
    isQuick: true,
    async run(world) {
      world.write(1000);
      await world.startBoth();
      for (let round = 0; round < 10; round += 1) {
        world.write(200);
        world.rotate();
        world.write(200);
        await pause(60);
      }
    },
  },
  {
    name: 'late-writer',
    what: 'the writer goes on in the renamed file, then in the new one',
    promise: 'exact',
    async run(world) {
      const writer = new OpenWriter(world);
      await world.startBoth();
      for (let round = 0; round < 5; round += 1) {
        writer.write(100);
        world.rotate();
        for (let piece = 0; piece < 5; piece += 1) {
          writer.write(50);
          await pause(100);
        }
        writer.reopen();
      }
      writer.write(10);
      writer.close();
    },
  },
  {
    name: 'three-at-once',
    what: 'three rotations before the agent looks again',
    promise: 'exact',
    isQuick: true,
    async run(world) {
      world.write(10);
      await world.startBoth();
      await world.untilArrived();
      world.agent.kill('SIGSTOP');
      for (let round = 0; round < 3; round += 1) {
        world.write(100);
        world.rotate();
      }
      world.write(100);
      world.agent.kill('SIGCONT');
    },
  },
  {
    name: 'faster-than-reading',
    what: 'fifty rotations a second, two hundred old files kept',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      for (let round = 0; round < 150; round += 1) {
        world.write(40);
        world.rotate(200);
        await pause(20);
      }
      world.write(10);
    },
  },
  {
    name: 'rotated-while-stopped',
    what: 'three rotations while no agent runs: the rotated files are finished first',
    promise: 'exact',
    isQuick: true,
    async run(world) {
      world.write(500);
      await world.startBoth();
      await world.untilArrived();
      await world.endAgent();
      for (let round = 0; round < 3; round += 1) {
        world.write(300);
        world.rotate();
      }
      world.write(300);
      await world.startAgent();
    },
  },
  {
    name: 'deleted-while-stopped',
    what: 'the file that was being read is deleted while no agent runs',
    promise: 'gap',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      await world.endAgent();
      const from = world.last + 1;
      world.write(50);
      world.forgive(from, world.last);
      rmSync(world.log);
      await pause(20);
      world.write(100);
      await world.startAgent();
    },
  },
  {
    name: 'compressed-at-once',
    what: 'the rotated file is compressed and deleted right away; the .gz is not read again',
    promise: 'exact',
    options: { logs: '*.log*' },
    async run(world) {
      await world.startBoth();
      for (let round = 0; round < 5; round += 1) {
        world.write(200);
        await world.untilArrived();
        world.rotate(1);
        writeFileSync(`${world.log}.${round}.gz`, gzipSync(readFileSync(`${world.log}.1`)));
        rmSync(`${world.log}.1`);
        world.write(200);
      }
    },
  },
  {
    name: 'rename-chain',
    what: '.1 to .2 to .3 as log4j and logback do, the names matching the glob',
    promise: 'exact',
    options: { logs: 'app.log*' },
    async run(world) {
      world.write(10);
      await world.startBoth();
      await world.untilArrived();
      for (let round = 0; round < 8; round += 1) {
        world.write(150);
        world.rotate(3);
        await pause(500);
      }
      world.write(10);
    },
  },
  {
    name: 'date-stamped',
    what: 'a new name for each hour, none renamed',
    promise: 'exact',
    options: { logs: 'app-*.log' },
    async run(world) {
      await world.startBoth();
      for (let hour = 10; hour < 16; hour += 1) {
        world.write(100, world.path(`app-2026-11-23-${hour}.log`), { writer: `h${hour}` });
        await pause(200);
      }
    },
  },
  {
    name: 'deleted-while-open',
    what: 'the log is deleted with bytes unread: they are read, and the file is let go of',
    promise: 'exact',
    async run(world) {
      world.write(10);
      await world.startBoth();
      await world.untilArrived();
      world.write(20_000);
      await pause(30);
      unlinkSync(world.log);
      await world.untilArrived();
      world.write(100);
    },
  },
  {
    name: 'same-beginning',
    what: 'every new file begins with the same two kilobytes as the old one',
    promise: 'exact',
    async run(world) {
      const banner = 'the same banner each time\n'.repeat(80);
      writeFileSync(world.log, banner);
      await world.startBoth();
      for (let round = 0; round < 4; round += 1) {
        world.write(100);
        await pause(150);
        world.rotate();
        writeFileSync(world.log, banner);
      }
      world.write(100);
    },
  },
  {
    name: 'half-line-at-the-end',
    what: 'the old file ends with half a line that never meets the first line of the new file',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      for (let round = 0; round < 5; round += 1) {
        world.write(50);
        appendFileSync(world.log, 'w:se');
        world.rotate();
        world.write(50);
        await pause(100);
      }
    },
  },
  {
    name: 'byte-order-mark',
    what: 'files that begin with a UTF-8 byte order mark, also after a rotation',
    promise: 'exact',
    isQuick: true,
    async run(world) {
      writeFileSync(world.log, '\uFEFF');
      world.write(50);
      await world.startBoth();
      await world.untilArrived();
      world.rotate();
      writeFileSync(world.log, '\uFEFF');
      world.write(50);
    },
  },
  {
    name: 'beyond-four-gigabytes',
    what: 'a log of more than 4 GiB (most of it a hole of zeros), rotated, and finished by an agent that is started again',
    promise: 'exact',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      truncateSync(world.log, 2 ** 32 + 1000);
      appendFileSync(world.log, '\n');
      world.write(100);
      await world.untilArrived();
      await world.endAgent();
      world.write(100);
      world.rotate();
      world.write(100);
      await world.startAgent();
    },
  },
  {
    name: 'old-times',
    what: 'the log is replaced by a restored file whose time of change lies years back',
    promise: 'exact',
    async run(world) {
      world.write(300);
      await world.startBoth();
      await world.untilArrived();
      const restored = world.path('restored');
      world.write(200, restored);
      utimesSync(restored, 1_000_000_000, 1_000_000_000);
      renameSync(restored, world.log);
      await world.untilArrived();
      world.write(100);
    },
  },
  {
    name: 'truncate-less',
    what: 'cut, then less written than before',
    promise: 'exact',
    async run(world) {
      world.write(500);
      await world.startBoth();
      await world.untilArrived();
      truncateSync(world.log, 0);
      world.write(100);
    },
  },
  {
    name: 'truncate-more',
    what: 'cut, then more written than before until the next look',
    promise: 'exact',
    isQuick: true,
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      world.agent.kill('SIGSTOP');
      truncateSync(world.log, 0);
      world.write(1000);
      world.agent.kill('SIGCONT');
    },
  },
  {
    name: 'copytruncate',
    what: 'copied and cut twenty times, with the copy inside the glob',
    promise: 'exact',
    options: { logs: 'app.log*' },
    async run(world) {
      await world.startBoth();
      for (let round = 0; round < 20; round += 1) {
        world.write(50);
        await world.untilArrived();
        world.copyTruncate();
        await pause(30);
      }
      world.write(50);
    },
  },
  {
    name: 'copytruncate-unread',
    what: 'copied and cut with lines unread: the rest is read from the copy',
    promise: 'exact',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      world.agent.kill('SIGSTOP');
      world.write(500);
      world.copyTruncate();
      world.write(20);
      world.agent.kill('SIGCONT');
    },
  },
  {
    name: 'copytruncate-gap',
    what: 'lines between the copy and the cut, which nobody could read',
    promise: 'gap',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      world.agent.kill('SIGSTOP');
      copyFileSync(world.log, `${world.log}.1`);
      const from = world.last + 1;
      world.write(5);
      world.forgive(from, world.last);
      truncateSync(world.log, 0);
      world.write(20);
      world.agent.kill('SIGCONT');
    },
  },
  {
    name: 'stale-writer',
    what: 'cut under a writer that goes on at its old place: the hole of zeros is skipped',
    promise: 'exact',
    async run(world) {
      const file = openSync(world.log, 'w');
      writeSync(file, world.lines(200));
      await world.startBoth();
      await world.untilArrived();
      truncateSync(world.log, 0);
      await pause(400);
      writeSync(file, world.lines(200));
      closeSync(file);
    },
  },
  {
    name: 'truncate-same-beginning',
    what: 'cut and written again with the same first kilobytes and then more than before',
    promise: 'exact',
    async run(world) {
      const banner = 'the same banner each time\n'.repeat(80);
      writeFileSync(world.log, banner);
      world.write(50);
      await world.startBoth();
      await world.untilArrived();
      truncateSync(world.log, 0);
      appendFileSync(world.log, banner);
      world.write(300);
    },
  },
  {
    name: 'truncated-while-stopped',
    what: 'cut while no agent runs, then longer than before',
    promise: 'gap',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      await world.endAgent();
      truncateSync(world.log, 0);
      world.write(400);
      await world.startAgent();
    },
  },
  {
    name: 'same-size-rewrite',
    what: 'replaced by a file of the same size',
    promise: 'exact',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      const { size } = statSync(world.log);
      let text = world.lines(99);
      text += world.lines(1, { filler: 'x'.repeat(Math.max(1, size - text.length - 9)) });
      writeFileSync(world.path('next'), text);
      renameSync(world.path('next'), world.log);
    },
  },
  {
    name: 'inode-reused',
    what: 'deleted and made again at once, so that the new file gets the old inode',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      for (let round = 0; round < 20; round += 1) {
        world.write(30);
        await world.untilArrived();
        rmSync(world.log);
        writeFileSync(world.log, world.lines(30));
        await world.untilArrived();
        rmSync(world.log);
      }
      world.write(1);
    },
  },
  {
    name: 'inode-reused-while-stopped',
    what: 'the same with no agent running: no byte of the new file is skipped',
    promise: 'gap',
    async run(world) {
      world.write(30);
      await world.startBoth();
      await world.untilArrived();
      await world.endAgent();
      rmSync(world.log);
      writeFileSync(world.log, world.lines(60));
      await world.startAgent();
    },
  },
  {
    name: 'same-head',
    what: 'two logs with the same first kilobytes are both read',
    promise: 'exact',
    options: { logs: '*.log' },
    async run(world) {
      const banner = 'the same banner each time\n'.repeat(80);
      for (const name of ['a', 'b']) {
        writeFileSync(world.path(`${name}.log`), banner + world.lines(50, { writer: name }));
      }
      await world.startBoth();
      for (const name of ['a', 'b']) world.write(50, world.path(`${name}.log`), { writer: name });
    },
  },
];
