const LINE_FEED = 10;

/** Four line feeds, one in each byte of a word. */
const LINE_FEEDS = 0x0a0a0a0a;

/** Line feeds in [start, end), four bytes at a time: several times as fast as looking at each. */
export function countLineFeeds(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  let index = start;
  for (; index < end && (bytes.byteOffset + index) % 4 !== 0; index += 1) {
    if (bytes[index] === LINE_FEED) count += 1;
  }
  const wordCount = (end - index) >> 2;
  const words = wordCount > 0 ? new Int32Array(bytes.buffer, bytes.byteOffset + index, wordCount) : [];
  for (let word = 0; word < words.length; word += 1) {
    // Zero where there is a line feed; the sum then leaves the top bit of just those bytes unset.
    const difference = (words[word] ?? 0) ^ LINE_FEEDS;
    const others = ((difference & 0x7f7f7f7f) + 0x7f7f7f7f) | difference | 0x7f7f7f7f;
    if (others !== -1) count += Math.imul((~others >>> 7) & 0x01010101, 0x01010101) >>> 24;
  }
  for (index += words.length * 4; index < end; index += 1) {
    if (bytes[index] === LINE_FEED) count += 1;
  }
  return count;
}
