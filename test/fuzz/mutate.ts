import type { RandomSource } from './random-source.js';

/** What breaks parsers: ends of number ranges, lengths that lie, texts that are none. */
const NASTY: readonly Buffer[] = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0x00],
  [0x0b, 0x0b, 0x0b, 0x0b, 0x0c],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xc0, 0x80],
  [0x00, 0x00, 0xc0, 0x7f],
  [0x00, 0x00, 0x80, 0xff],
].map((bytes) => Buffer.from(bytes));

const NASTY_TEXTS = [
  '__proto__',
  'constructor',
  'toString',
  '\0',
  "'; DROP TABLE reports; --",
  '%s%n',
  '\u202e',
];

/** Some changes to the bytes; now and then none. `others`: messages to take parts from. */
export function mutate(bytes: Buffer, random: RandomSource, others: readonly Buffer[]): Buffer {
  let mutated: Buffer = Buffer.from(bytes);
  for (let count = random.below(4); count > 0; count -= 1) mutated = change(mutated, random, others);
  return mutated;
}

function change(bytes: Buffer, random: RandomSource, others: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  const end = at + random.below(bytes.length - at + 1);
  switch (random.below(10)) {
    case 0:
      return flipped(bytes, random);
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 4:
      return inserted(bytes, at, random.pick(NASTY));
    case 5:
      return inserted(bytes, at, random.bytes(random.below(40)));
    case 6:
      return inserted(bytes, at, field(1 + random.below(8), Buffer.from(random.pick(NASTY_TEXTS))));
    case 7: {
      const other = random.pick(others);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    }
    case 8:
      return nested(bytes, random);
    default:
      return random.oneIn(20)
        ? inserted(bytes, at, field(1 + random.below(4), Buffer.alloc(random.below(100_000), 0x61)))
        : flipped(bytes, random);
  }
}

function flipped(bytes: Buffer, random: RandomSource): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[random.below(copy.length)] = random.below(256);
  return copy;
}

function inserted(bytes: Buffer, at: number, part: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
}

/** A message within a message within a message. */
function nested(bytes: Buffer, random: RandomSource): Buffer {
  const number = 1 + random.below(4);
  let result: Buffer = bytes;
  for (let depth = random.below(200); depth > 0 && result.length < 10_000; depth -= 1)
    result = field(number, result);
  return result;
}

/** A field of wire type 2, length-delimited. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
