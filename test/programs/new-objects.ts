/**
 * Keeps the heap small with as many mebibytes for new objects as the command line says, starts a thread, makes
 * many objects that live for a while, and prints what the space for new ones has grown to, bytes.
 */
import { once } from 'node:events';
import { getHeapSpaceStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { keepHeapSmall } from '../../runtime/small-heap.js';

const ROUNDS = 20;
const OBJECTS = 200_000;

const manner = { youngMebibytes: Number(process.argv[2]), oldGrowthPercent: 25 };
keepHeapSmall(manner);
await once(new Worker('', { eval: true }), 'exit');
keepHeapSmall(manner);

let living: object[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  living = living.filter((_, index) => index % 2 === 0);
  for (let count = 0; count < OBJECTS; count += 1) living.push({ round, count });
}
const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
process.stdout.write(`${living.length > 0 ? space?.space_size : 0}\n`);
