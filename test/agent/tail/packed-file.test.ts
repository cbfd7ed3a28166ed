import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PackedFile } from '../../../agent/tail/packed-file.js';
import { zipped } from '../../support/zipped.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-packed-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** About `megabytes` of numbered lines. */
function text(megabytes: number): Buffer {
  const lines: string[] = [];
  for (let bytes = 0, number = 1; bytes < megabytes * 1_000_000; number += 1) {
    const line = `line ${number} ${(number * 2_654_435_761) % 1_000_003}\n`;
    bytes += line.length;
    lines.push(line);
  }
  return Buffer.from(lines.join(''));
}

function store(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function withPacked<T>(
  path: string,
  use: (file: PackedFile, isWhole: boolean) => Promise<T>,
): Promise<T> {
  const file = await PackedFile.open(path, 7n);
  try {
    return await use(file, await file.measure());
  } finally {
    await file.close();
  }
}

async function bytesAt(file: PackedFile, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length + 3);
  const { bytesRead } = await file.read(buffer, 3, length, position);
  return buffer.subarray(3, 3 + bytesRead);
}

/** All of it, in pieces that begin 64 bytes before the last one ended, as a tail reads. */
async function allOf(file: PackedFile): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let position = 0; ;) {
    const overlap = Math.min(position, 64);
    const piece = (await bytesAt(file, position - overlap, 256 * 1024)).subarray(overlap);
    if (piece.length === 0) return Buffer.concat(pieces);
    pieces.push(piece);
    position += piece.length;
  }
}

describe('a compressed part of a log', () => {
  const whole = text(6);

  it.each([
    ['gzip', () => gzipSync(whole)],
    [
      'gzip in two members',
      () => Buffer.concat([gzipSync(whole.subarray(0, 1e6)), gzipSync(whole.subarray(1e6))]),
    ],
    ['zip', () => zipped('app.log', whole)],
  ])('is read as if it were not compressed: %s', async (name, pack) => {
    await withPacked(store(name, pack()), async (file, isWhole) => {
      expect(isWhole).toBe(true);
      expect(file.head).toEqual(whole.subarray(0, 1024));
      expect(await file.stat()).toMatchObject({ size: BigInt(whole.length), birthtimeNs: 7n });
      expect((await allOf(file)).equals(whole)).toBe(true);
    });
  });

  it('gives any piece of it in any order, also several at the same time', async () => {
    await withPacked(store('pieces.gz', gzipSync(whole)), async (file) => {
      const last = whole.length;
      const pieces = [
        ...[
          [0, 10],
          [1000, 100],
          [5_000_000, 300_000],
          [5_299_936, 1000],
          [4_500_000, 64],
          [100, 2000],
        ],
        ...[
          [last - 64, 64],
          [last - 10, 500],
          [last, 10],
          [last + 5000, 10],
          [2_000_000, 1_500_000],
          [0, 1024],
        ],
      ] as const;
      const read = await Promise.all(
        pieces.map(([position = 0, length = 0]) => bytesAt(file, position, length)),
      );
      const wanted = pieces.map(([position = 0, length = 0]) => whole.subarray(position, position + length));
      expect(read.map((piece, index) => piece.equals(wanted[index] ?? piece))).toEqual(
        pieces.map(() => true),
      );
    });
  });

  it('may be empty, or shorter than what tells files apart', async () => {
    await withPacked(store('empty.gz', gzipSync('')), async (file, isWhole) => {
      expect(isWhole).toBe(true);
      expect(await allOf(file)).toHaveLength(0);
    });
    await withPacked(store('short.gz', gzipSync('one line\n')), async (file) => {
      expect(file.head.toString()).toBe('one line\n');
      expect((await bytesAt(file, 4, 100)).toString()).toBe('line\n');
    });
  });

  it('is read as far as it goes when it is cut short', async () => {
    const packed = gzipSync(whole);
    await withPacked(store('cut.gz', packed.subarray(0, packed.length / 2)), async (file, isWhole) => {
      expect(isWhole).toBe(false);
      const read = await allOf(file);
      expect(read.length).toBeGreaterThan(whole.length * 0.4);
      expect(read.equals(whole.subarray(0, read.length))).toBe(true);
    });
  });

  it('is read as far as the damage when it is damaged', async () => {
    const packed = gzipSync(whole);
    packed.fill(0xff, packed.length / 2, packed.length / 2 + 100);
    await withPacked(store('damaged.gz', packed), async (file, isWhole) => {
      expect(isWhole).toBe(false);
      const read = await allOf(file);
      const same = Math.floor(whole.length * 0.4);
      expect(read.subarray(0, same).equals(whole.subarray(0, same))).toBe(true);
      expect(await file.stat()).toMatchObject({ size: BigInt(read.length) });
    });
  });

  it('ends with what is packed, whatever stands behind it', async () => {
    const path = store('followed.gz', gzipSync(whole));
    appendFileSync(path, Buffer.alloc(1000));
    await withPacked(path, async (file) => expect((await allOf(file)).equals(whole)).toBe(true));
  });

  it('keeps little of it in memory, however much there is', async () => {
    const path = store('zeros.gz', gzipSync(Buffer.alloc(200_000_000)));
    await withPacked(path, async (file) => {
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      for (let position = 0; position < 200_000_000; position += 256 * 1024) {
        await bytesAt(file, position, 256 * 1024);
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
      expect(most).toBeLessThan(100_000_000);
    });
  });

  it.each([
    ['plain text', Buffer.from('2026-11-22 a line\n'.repeat(10)), /is not packed/],
    ['nothing', Buffer.alloc(0), /is not packed/],
    ['an encrypted archive', encrypted(zipped('app.log', Buffer.from('a line\n'))), /is encrypted/],
  ])('is refused when it is %s', async (name, bytes, reason) => {
    await expect(PackedFile.open(store(`${name}.gz`, bytes), 0n)).rejects.toThrow(reason);
  });
});

function encrypted(archive: Buffer): Buffer {
  archive.writeUInt16LE(archive.readUInt16LE(6) | 1, 6);
  return archive;
}
