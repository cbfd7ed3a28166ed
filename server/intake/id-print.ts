/** 128 bits that stand for an id. */
export type IdPrint = Uint32Array;

export const PRINT_WORDS = 4;

/** Multipliers and first states of four lanes; any odd numbers with well-mixed bits will do. */
const LANES = [
  { multiplier: 0xcc9e2d51, seed: 0x9747b28c },
  { multiplier: 0x1b873593, seed: 0x3c6ef372 },
  { multiplier: 0x85ebca6b, seed: 0xa54ff53a },
  { multiplier: 0xc2b2ae35, seed: 0x510e527f },
] as const;

/**
 * Writes the print of an id: in each of four lanes the characters two at a time, mixed as MurmurHash3
 * does. It need not withstand anyone who looks for equal prints: who may send could as well send an id
 * of somebody else.
 */
export function writePrint(id: string, into: IdPrint): void {
  const { length } = id;
  for (let lane = 0; lane < PRINT_WORDS; lane += 1) {
    const { multiplier, seed } = LANES[lane] ?? LANES[0];
    let state: number = seed;
    for (let index = 0; index < length; index += 2) {
      const second = index + 1 < length ? id.charCodeAt(index + 1) : 0;
      let word = Math.imul(id.charCodeAt(index) | (second << 16), multiplier);
      word = (word << 15) | (word >>> 17);
      state ^= Math.imul(word, 0x2c1b3c6d);
      state = (state << 13) | (state >>> 19);
      state = (Math.imul(state, 5) + 0xe6546b64) | 0;
    }
    state ^= length;
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    into[lane] = state ^ (state >>> 16);
  }
}
