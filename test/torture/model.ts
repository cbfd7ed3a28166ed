import fc from 'fast-check';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Agent } from '../../agent/agent.js';
import { SOURCE_DEFAULTS } from '../../agent/sources/source-settings.js';
import { compileRuleSet } from '../../filters/compile.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { systemErrorCode } from '../../runtime/errors.js';
import { silentLogger } from '../../runtime/logger.js';
import numbered from '../programs/numbered-plugin.js';
import { FakeAggregator } from '../support/fake-aggregator.js';

/** One step of a random story; a small number says how much. */
export type Step =
  | { readonly do: 'write'; readonly lines: number }
  /** Half a line, which the next writing completes. */
  | { readonly do: 'write-part' }
  | { readonly do: 'rotate' }
  | { readonly do: 'copy-and-truncate' }
  /** Once all was read: nobody can find the unread lines of a deleted file. */
  | { readonly do: 'delete' }
  | { readonly do: 'restart' }
  /** As kill -9: a new agent goes on from what is on disk at this moment. */
  | { readonly do: 'crash' }
  /** A restart with all older parts compressed before the new agent begins. */
  | { readonly do: 'compress'; readonly keepsTimes: boolean }
  | { readonly do: 'aggregator-away' }
  | { readonly do: 'aggregator-back' }
  /** An answer is lost on the way. */
  | { readonly do: 'answer-lost' }
  | { readonly do: 'wait'; readonly milliseconds: number };

/** Random stories, weighted towards writing. */
export const stories: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('write' as const), lines: fc.integer({ min: 1, max: 60 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('write-part' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('rotate' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('copy-and-truncate' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('compress' as const),
        keepsTimes: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('aggregator-away' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('aggregator-back' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('answer-lost' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        milliseconds: fc.integer({ min: 0, max: 60 }),
      }),
    },
  ),
  { minLength: 1, maxLength: 25 },
);

/** What became of the lines of a story. */
export interface StoryEnd {
  readonly written: number;
  readonly lost: readonly number[];
  readonly twice: readonly number[];
  readonly disordered: readonly number[];
}

/** How long nothing may arrive before what is missing counts as lost, milliseconds. */
const PATIENCE_MS = 20_000;

/** More than a tick of a file system's clock, milliseconds. */
const CLOCK_STEP_MS = 10;

const RULES = JSON.stringify({
  FilterTree: [
    {
      Id: 'numbered',
      Chain: [{ Field: 'content', Operator: '~', Pattern: 'seq=' }],
      Classifier: { Status: 'unhealthy', Score: 20 },
    },
  ],
});

/** Plays a story with a real log, a real agent and an aggregator in memory. */
export async function play(steps: readonly Step[]): Promise<StoryEnd> {
  const story = new Story();
  try {
    await story.begin();
    for (const step of steps) await story.take(step);
    return await story.end();
  } finally {
    await story.cleanUp();
  }
}

class Story {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'hview-story-')));
  readonly #log = join(this.#folder, 'app.log');
  readonly #aggregator = new FakeAggregator();
  /** What a crashed agent still talks to; nobody hears it. */
  readonly #dead: Agent[] = [];
  #agent: Agent | null = null;
  #state = join(this.#folder, 'state-0');
  #lives = 0;
  #rotations = 0;
  #manner: 'rotate' | 'copy-and-truncate' | null = null;
  /** Time of the newest compressed part. */
  #packedAtMs = 0;
  #last = 0;
  /** The rest of a line that was begun. */
  #rest = '';

  async begin(): Promise<void> {
    this.#write(3);
    await this.#start();
  }

  async take(step: Step): Promise<void> {
    switch (this.#inManner(step.do)) {
      case 'write':
        this.#write('lines' in step ? step.lines : 1);
        break;
      case 'write-part':
        this.#writePart();
        break;
      case 'rotate':
        if (existsSync(this.#log)) renameSync(this.#log, this.#nextName());
        // The rest of a line goes where its beginning went; it is complete before the writer moves on.
        this.#finishIn(`${this.#log}.${this.#rotations}`);
        // Files of one tick that count upwards may change places, see agent/README.md.
        await sleep(systemClock, CLOCK_STEP_MS);
        break;
      case 'copy-and-truncate':
        this.#finishIn(this.#log);
        if (existsSync(this.#log)) {
          copyFileSync(this.#log, this.#nextName());
          truncateSync(this.#log, 0);
          await this.#noticeCut();
        }
        break;
      case 'delete':
        // The copies of a log that is gone cannot be told from its successors.
        if (this.#manner === 'copy-and-truncate') break;
        this.#finishIn(this.#log);
        await this.#catchUp();
        rmSync(this.#log, { force: true });
        break;
      case 'restart':
        await this.#agent?.stop(0);
        await this.#start();
        break;
      case 'crash':
        await this.#crash();
        break;
      case 'compress':
        await this.#agent?.stop(0);
        await this.#compress('keepsTimes' in step && step.keepsTimes);
        await this.#start();
        break;
      case 'aggregator-away':
        this.#aggregator.always = 'UNREACHABLE';
        break;
      case 'aggregator-back':
        this.#aggregator.always = 'ok';
        break;
      case 'answer-lost':
        this.#aggregator.replies.push('taken-but-no-answer');
        break;
      case 'wait':
        await sleep(systemClock, 'milliseconds' in step ? step.milliseconds : 0);
    }
  }

  async end(): Promise<StoryEnd> {
    this.#finishIn(this.#log);
    this.#aggregator.always = 'ok';
    this.#write(1);
    await this.#untilAllArrived();
    const twice: number[] = [];
    const disordered: number[] = [];
    const seen = new Set<number>();
    let highest = 0;
    for (const name of this.#aggregator.taken) {
      const number = Number(name);
      if (seen.has(number)) twice.push(number);
      else if (number < highest) disordered.push(number);
      seen.add(number);
      highest = Math.max(highest, number);
    }
    return { written: this.#last, lost: this.#missing(), twice, disordered };
  }

  async cleanUp(): Promise<void> {
    for (const agent of [...this.#dead, this.#agent]) await agent?.stop(0).catch(() => undefined);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A log is rotated in one way or the other, not in both by turns. */
  #inManner(what: Step['do']): Step['do'] {
    if (what !== 'rotate' && what !== 'copy-and-truncate') return what;
    this.#manner ??= what;
    return this.#manner;
  }

  #write(lines: number): void {
    let text = this.#rest;
    this.#rest = '';
    for (let line = 0; line < lines; line += 1) text += `seq=${(this.#last += 1)} x\n`;
    appendFileSync(this.#log, text);
  }

  #writePart(): void {
    this.#finishIn(this.#log);
    const line = `seq=${(this.#last += 1)} x\n`;
    // With its number: a cut cannot be noticed when what is written after it is the same as before.
    appendFileSync(this.#log, line.slice(0, -2));
    this.#rest = line.slice(-2);
  }

  #finishIn(path: string): void {
    if (this.#rest !== '') appendFileSync(path, this.#rest);
    this.#rest = '';
  }

  #nextName(): string {
    this.#rotations += 1;
    return `${this.#log}.${this.#rotations}`;
  }

  async #start(): Promise<void> {
    const plugin = await numbered.create({ options: {}, timeZone: null, notice: () => undefined });
    const matcher = compileRuleSet(loadRuleSet(RULES, 'story'));
    const agent = new Agent({
      sources: [
        {
          settings: {
            ...SOURCE_DEFAULTS,
            name: 'story',
            logs: [this.#log],
            plugin: 'numbered',
            staleSeconds: -1,
            mergeSeconds: 0,
          },
          plugin,
          // Nobody changes these rules: the watch on them is on a file that stays as it is.
          rules: { path: join(this.#folder, 'rules.json'), text: RULES, matcher },
        },
      ],
      mode: 'follow',
      stateFolder: this.#state,
      delivery: { client: this.#aggregator, giveUpAfterMs: Infinity },
      onFinding: () => undefined,
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
    });
    await agent.start();
    this.#agent = agent;
  }

  /** What is on disk now is all that the next agent has; the old one reaches nobody any more. */
  async #crash(): Promise<void> {
    const before = this.#agent;
    this.#lives += 1;
    const state = join(this.#folder, `state-${this.#lives}`);
    // Checkpoints first: a crash never leaves one that covers what the spool lacks.
    for (const part of ['checkpoints', 'spool']) {
      const from = join(this.#state, part);
      if (existsSync(from)) copyWhileWritten(from, join(state, part));
    }
    if (before !== null) this.#dead.push(before);
    const end = before?.stop(0);
    this.#state = state;
    await end;
    await this.#start();
  }

  /** Older parts, oldest first; the clock of the file system has moved on from one to the next. */
  async #compress(keepsTimes: boolean): Promise<void> {
    for (let count = 1; count <= this.#rotations; count += 1) {
      const part = `${this.#log}.${count}`;
      if (!existsSync(part)) continue;
      const { mtimeMs } = statSync(part);
      writeFileSync(`${part}.gz`, gzipSync(readFileSync(part)));
      const timeMs = Math.max(mtimeMs, this.#packedAtMs + CLOCK_STEP_MS);
      if (keepsTimes) utimesSync(`${part}.gz`, timeMs / 1000, timeMs / 1000);
      else await sleep(systemClock, CLOCK_STEP_MS);
      this.#packedAtMs = statSync(`${part}.gz`).mtimeMs;
      rmSync(part);
    }
  }

  /** What happens before a cut was noticed is not promised, see the README. */
  async #noticeCut(): Promise<void> {
    this.#write(1);
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#aggregator.always = 'ok';
    await this.#untilAllArrived();
  }

  #missing(): number[] {
    const taken = new Set(this.#aggregator.taken.map(Number));
    return Array.from({ length: this.#last }, (_, index) => index + 1).filter((number) => !taken.has(number));
  }

  async #untilAllArrived(): Promise<void> {
    let count = -1;
    let movedAtMs = systemClock.monotonic();
    while (this.#missing().length > 0) {
      const now = this.#aggregator.taken.length;
      if (now !== count) movedAtMs = systemClock.monotonic();
      else if (systemClock.monotonic() - movedAtMs > PATIENCE_MS) return;
      count = now;
      await sleep(systemClock, 5);
    }
  }
}

/** Begins again when a file that was listed is gone: the folder is being written to. */
function copyWhileWritten(from: string, to: string): void {
  for (;;) {
    try {
      cpSync(from, to, { recursive: true });
      return;
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      rmSync(to, { recursive: true, force: true });
    }
  }
}

/** Plays random stories, and shrinks one that goes wrong. Rejects with it. */
export async function playMany(runs: number, seed: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(stories, async (steps) => {
      const { lost, twice, disordered } = await play(steps);
      if (lost.length + twice.length + disordered.length > 0) {
        throw new Error(
          `lost ${lost.join(' ')}; twice ${twice.join(' ')}; out of order ${disordered.join(' ')}`,
        );
      }
    }),
    { numRuns: runs, seed, endOnFailure: false },
  );
}
