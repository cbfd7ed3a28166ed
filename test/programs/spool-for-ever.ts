/**
 * Appends numbered entries to the spool in the folder named on the command line, for ever, and prints
 * the number of the last one each time that they are acknowledged. Delivers part of them.
 */
import { writeSync } from 'node:fs';
import { Spool } from '../../agent/spool/spool.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { numberedEntries } from '../support/spool-entries.js';

const [folder = '', firstText = '1'] = process.argv.slice(2);
const spool = await Spool.open({ folder, clock: systemClock, logger: silentLogger, segmentBytes: 20_000 });

async function appendForEver(): Promise<never> {
  for (let id = Number(firstText); ;) {
    const count = 1 + (id % 7);
    const sequence = await spool.append(numberedEntries(id, id + count - 1));
    id += count;
    writeSync(1, `${id - 1} ${sequence}\n`);
  }
}

async function deliverForEver(): Promise<never> {
  for (;;) {
    const entries = await spool.next({ entries: 20, bytes: 100_000 });
    spool.settle(entries.at(-1)?.sequence ?? 0);
    spool.covered('log', spool.durableSequence);
  }
}

await Promise.all([appendForEver(), ...(process.argv.includes('deliver') ? [deliverForEver()] : [])]);
