/**
 * Prints resident memory, bytes: with a million objects that nobody needs any more, and after garbage was
 * collected, as soon as it is a quarter less, or after 10 s.
 */
import { sleep, systemClock } from '../../runtime/clock.js';
import { processMemory } from '../../runtime/process-memory.js';

const OBJECTS = 1_000_000;

function residentWithObjects(): number {
  const objects = Array.from({ length: OBJECTS }, (_, number) => ({ number, text: `${number}.` }));
  return objects.length === 0 ? 0 : processMemory.residentBytes();
}

const before = residentWithObjects();
processMemory.collectGarbage();
// Pages go back to the system in the background.
for (let wait = 0; wait < 100 && processMemory.residentBytes() > before * 0.75; wait += 1)
  await sleep(systemClock, 100);
process.stdout.write(`${before} ${processMemory.residentBytes()}\n`);
