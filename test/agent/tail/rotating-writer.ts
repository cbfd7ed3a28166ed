/**
 * Writes numbered lines to a log and rotates it, as a program of its own:
 * `rotating-writer PATH MODE SECONDS LINES_PER_SECOND ROTATE_EVERY_MS`. Prints how many it wrote.
 */
import { closeSync, copyFileSync, existsSync, openSync, renameSync, truncateSync, writeSync } from 'node:fs';

type Mode = 'rename' | 'late-rename' | 'copytruncate' | 'none';

const [path = '', mode = 'rename', seconds = '5', perSecond = '10000', everyMs = '50'] =
  process.argv.slice(2);
const PIECE_MS = 5;
const KEPT = 5;

let sequence = 0;
let writer = openSync(path, 'a');
/** In the mode `late-rename` lines go on into the renamed file for a while. */
let isRenamed = false;

function write(count: number): void {
  let text = '';
  for (let line = 0; line < count; line += 1)
    text += `seq=${(sequence += 1)} Zoë says 漢字 to the follower\n`;
  writeSync(writer, text);
}

function rename(): void {
  for (let count = KEPT - 1; count > 0; count -= 1) {
    if (existsSync(`${path}.${count}`)) renameSync(`${path}.${count}`, `${path}.${count + 1}`);
  }
  renameSync(path, `${path}.1`);
}

function reopen(): void {
  closeSync(writer);
  writer = openSync(path, 'a');
}

function rotate(how: Mode): void {
  switch (how) {
    case 'none':
      break;
    case 'rename':
      rename();
      reopen();
      break;
    case 'late-rename':
      if (isRenamed) reopen();
      else rename();
      isRenamed = !isRenamed;
      break;
    case 'copytruncate':
      copyFileSync(path, `${path}.1`);
      truncateSync(path, 0);
      break;
  }
}

const startedMs = performance.now();
const endMs = startedMs + Number(seconds) * 1000;
let rotateAtMs = startedMs + Number(everyMs);

function step(): void {
  const now = performance.now();
  const due = Math.floor(((now - startedMs) / 1000) * Number(perSecond)) - sequence;
  if (due > 0) write(due);
  if (now >= rotateAtMs) {
    rotate(mode as Mode);
    rotateAtMs += Number(everyMs);
  }
  if (now < endMs) setTimeout(step, PIECE_MS);
  else process.stdout.write(`${sequence}\n`);
}

step();
