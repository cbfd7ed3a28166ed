import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { once } from 'node:events';
import { sleep, systemClock } from '../../runtime/clock.js';
import type { Scenario } from './scenario.js';

const pause = (milliseconds: number): Promise<void> => sleep(systemClock, milliseconds);

/** An aggregator that is away, slow or hung; lines that no line splitter likes; limits; signals. */
export const DELIVERY_SCENARIOS: readonly Scenario[] = [
  {
    name: 'aggregator-away',
    what: 'no aggregator for ten seconds while the log is written, rotated and its old files deleted',
    promise: 'exact',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      await world.endServer('SIGKILL');
      for (let round = 0; round < 20; round += 1) {
        world.write(200);
        await pause(400);
        world.rotate(1);
      }
      world.write(100);
      await world.startServer();
    },
  },
  {
    name: 'away-ten-minutes',
    what: 'no aggregator for ten minutes, the log written at 100 lines a second, rotated every 15 s, two old files kept',
    promise: 'exact',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      await world.endServer('SIGKILL');
      for (let tick = 1; tick <= 6000; tick += 1) {
        world.write(10);
        if (tick % 150 === 0) world.rotate(2);
        await pause(100);
      }
      await world.startServer();
    },
  },
  {
    name: 'truncated-while-away',
    what: 'no aggregator; the log is cut several times meanwhile, each time after it was read',
    promise: 'exact',
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      await world.endServer('SIGKILL');
      for (let round = 0; round < 5; round += 1) {
        world.write(100);
        await pause(500);
        truncateSync(world.log, 0);
      }
      world.write(300);
      await world.startServer();
    },
  },
  {
    name: 'away-and-restarted',
    what: 'no aggregator, and the agent is killed and started meanwhile: the spool is delivered first',
    promise: 'exact',
    isQuick: true,
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      await world.endServer('SIGKILL');
      world.write(500);
      await pause(1300);
      await world.endAgent('SIGKILL');
      world.rotate();
      world.write(500);
      await world.startAgent();
      await pause(500);
      await world.endAgent();
      rmSync(`${world.log}.1`);
      world.write(50);
      await world.startServer();
      await world.startAgent();
    },
  },
  {
    name: 'aggregator-hung',
    what: 'the aggregator is stopped (SIGSTOP) for eight seconds with calls under way',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      world.write(2000);
      await pause(30);
      world.server.kill('SIGSTOP');
      world.write(2000);
      await pause(8000);
      world.server.kill('SIGCONT');
      world.write(100);
    },
  },
  {
    name: 'half-open',
    what: 'the aggregator is replaced by something that accepts connections and says nothing',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      world.write(100);
      await world.untilArrived();
      await world.endServer('SIGKILL');
      const sockets: Socket[] = [];
      const mute = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
      mute.listen(world.port, 'localhost');
      await once(mute, 'listening');
      world.write(100);
      await pause(7000);
      for (const socket of sockets) socket.destroy();
      mute.close();
      await once(mute, 'close');
      await world.startServer();
    },
  },
  {
    name: 'framing',
    what: 'CR LF, empty lines, zeros, escapes, U+2028, bad UTF-8, several lines in a write, one line in many',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      const file = openSync(world.log, 'a');
      writeSync(file, '\n\r\n\n');
      writeSync(file, world.lines(20, { end: '\r\n' }));
      writeSync(file, world.lines(5, { filler: '\u001b[31mred\u2028line\u2029' }));
      writeSync(file, Buffer.concat([Buffer.from([0xff, 0xfe, 0x80, 10]), Buffer.from(world.lines(5))]));
      writeSync(file, Buffer.concat([Buffer.alloc(64), Buffer.from('\n')]));
      for (const byte of Buffer.from(world.lines(3, { filler: 'ä€😀' }))) {
        writeSync(file, Buffer.from([byte]));
        await pause(1);
      }
      writeSync(file, world.lines(500));
      closeSync(file);
    },
  },
  {
    name: 'long-lines',
    what: 'a line of 300 MB without a line feed between others: cut, counted, the next one intact',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      world.write(10);
      const piece = 'y'.repeat(1024 * 1024);
      for (let megabyte = 0; megabyte < 300; megabyte += 1) appendFileSync(world.log, piece);
      appendFileSync(world.log, '\n');
      world.write(10);
      await world.untilArrived();
      const resident = world.residentMegabytes();
      if (resident > 200) throw new Error(`the agent takes ${resident} MB`);
    },
  },
  {
    name: 'burst',
    what: 'fifty thousand lines in one write, rotated at once',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      world.write(50_000);
      world.rotate();
      world.write(1000);
    },
  },
  {
    name: 'few-descriptors',
    what: 'two hundred logs, some of them with a second name, and a hundred file descriptors',
    promise: 'exact',
    options: { logs: 'many/*.log', descriptors: 100 },
    async run(world) {
      mkdirSync(world.path('many'));
      const write = (): void => {
        for (let log = 0; log < 200; log += 1) {
          world.write(3, world.path(`many/${log}.log`), { writer: `l${log}` });
        }
      };
      write();
      for (let log = 0; log < 200; log += 10)
        linkSync(world.path(`many/${log}.log`), world.path(`many/same-as-${log}.log`));
      await world.startBoth();
      await world.untilArrived();
      write();
    },
  },
  {
    name: 'no-notifications',
    what: 'the system has no inotify watches left: polling takes over',
    promise: 'exact',
    options: { withoutNotifications: true },
    async run(world) {
      world.write(100);
      await world.startBoth();
      for (let round = 0; round < 4; round += 1) {
        world.write(100);
        await pause(300);
        world.rotate();
      }
      world.write(10);
    },
  },
  {
    name: 'reload',
    what: 'the rules are changed, spoilt and mended under load',
    promise: 'exact',
    async run(world) {
      await world.startBoth();
      const rules = world.path('rules.json');
      const good = world.rules();
      for (const text of [`${good}\n`, '{"FilterTree": [', `${good}\n\n`, good]) {
        world.write(500);
        writeFileSync(`${rules}.new`, text);
        renameSync(`${rules}.new`, rules);
        world.agent.kill('SIGHUP');
        await pause(500);
        world.write(500);
      }
    },
  },
  {
    name: 'terminate',
    what: 'SIGTERM at the start, while reading, while the aggregator is away, and twice: ends within its limit',
    promise: 'exact',
    async run(world) {
      world.write(20_000);
      await world.startServer();
      for (const pauseMs of [0, 20, 200]) {
        await world.startAgent();
        await pause(pauseMs);
        await world.endAgent();
        world.write(100);
      }
      await world.endServer('SIGKILL');
      await world.startAgent();
      world.write(100);
      await pause(300);
      const startMs = systemClock.monotonic();
      await world.endAgent();
      const tookMs = systemClock.monotonic() - startMs;
      if (tookMs > 8000) throw new Error(`the agent took ${Math.round(tookMs)} ms to stop`);
      await world.startAgent();
      world.write(100);
      await pause(300);
      // Whoever presses twice means it.
      world.agent.kill('SIGTERM');
      await pause(50);
      await world.endAgent();
      await world.startServer();
      await world.startAgent();
    },
  },
  ...(['state', 'journal'] as const).map((where): Scenario => ({
    name: `disk-full-${where}`,
    what: `the disk under the ${where === 'state' ? 'state folder (checkpoints and spool)' : 'journal'} is full for a while`,
    promise: 'exact',
    options: { smallDiskFor: where },
    async run(world) {
      world.write(100);
      await world.startBoth();
      await world.untilArrived();
      world.fillSmallDisk();
      world.write(2000);
      await pause(3000);
      world.write(2000);
      world.freeSmallDisk();
      await pause(1000);
      world.write(100);
    },
  })),
];
