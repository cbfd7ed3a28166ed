import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** A flag that a later engine does not know would be complained of on standard error. */
const LAST_KNOWN_MAJOR = 24;

const MEBIBYTE = 1024 * 1024;

/** Objects that live on until the space for new ones has grown; far more than that ever took. */
const MOST_OBJECTS = 200_000;

/** How much garbage may lie about before it is collected. */
export interface HeapManner {
  /** What new objects get, a power of two up to 16, and no more; V8 would grow it to 16 MiB, twice. */
  readonly youngMebibytes: number;
  /** Old ones are collected when they have grown by so much; V8 waits until they are up to four times as many. */
  readonly oldGrowthPercent: number;
}

/**
 * Makes V8 collect garbage earlier than it does on its own, which costs time. Call it before anything is
 * loaded, as loading alone makes more garbage than what new objects get, and again when a thread was started,
 * as that takes flags of the whole process back. Does nothing for other engines than those of Node 20 to 24,
 * which take the flags while running.
 */
export function keepHeapSmall({ youngMebibytes, oldGrowthPercent }: HeapManner): void {
  setFlag(`--heap-growing-percent=${oldGrowthPercent}`);
  growYoungSpace(youngMebibytes);
}

/**
 * Makes the compiler copy fewer functions into others. It then needs megabytes less for its work and less time
 * for it, and what comes out is as fast where the same few functions run most of the time.
 */
export function compileSmall(): void {
  setFlag('--max-inlined-bytecode-size=200');
  setFlag('--max-inlined-bytecode-size-cumulative=300');
}

/** The space for new objects begins with 1 MiB and grows by a factor when enough of them outlive a collection. */
function growYoungSpace(mebibytes: number): void {
  if (mebibytes > 1) {
    setFlag(`--semi-space-growth-factor=${mebibytes}`);
    const living: object[] = [];
    while (living.length < MOST_OBJECTS && youngBytes() < 2 * mebibytes * MEBIBYTE)
      for (let count = 0; count < 1000; count += 1) living.push({ count });
  }
  setFlag('--semi-space-growth-factor=1');
}

/** Both halves of it. */
function youngBytes(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? Infinity
  );
}

function setFlag(flag: string): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major <= LAST_KNOWN_MAJOR) setFlagsFromString(flag);
}
