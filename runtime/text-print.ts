/** 128 bits that stand for a text. */
export type TextPrint = Uint32Array;

export const PRINT_WORDS = 4;

/**
 * Writes the print of a text to the place `at`: four sums of its characters, two at a time, each mixed as MurmurHash3 does
 * and begun otherwise. It does not withstand anyone who looks for two texts of one print. Prints are kept
 * on disk: a change of this function needs a new place for them.
 */
export function writePrint(text: string, into: Uint32Array, at = 0): void {
  const { length } = text;
  let a = 0x9747b28c ^ length;
  let b = 0x3c6ef372 ^ length;
  let c = 0xa54ff53a ^ length;
  let d = 0x510e527f ^ length;
  for (let index = 0; index < length; index += 2) {
    const second = index + 1 < length ? text.charCodeAt(index + 1) : 0;
    const word = text.charCodeAt(index) | (second << 16);
    a = stir(a, Math.imul(word, 0xcc9e2d51));
    b = stir(b, Math.imul(word, 0x1b873593));
    c = stir(c, Math.imul(word, 0x85ebca6b));
    d = stir(d, Math.imul(word, 0xc2b2ae35));
  }
  into[at] = finish(a);
  into[at + 1] = finish(b);
  into[at + 2] = finish(c);
  into[at + 3] = finish(d);
}

function stir(state: number, product: number): number {
  const mixed = state ^ Math.imul((product << 15) | (product >>> 17), 0x2c1b3c6d);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** Lets every bit of the state depend on every other. */
function finish(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** The prints of the texts, one behind the other. */
export function printsOf(texts: readonly string[]): Uint32Array {
  const prints = new Uint32Array(texts.length * PRINT_WORDS);
  texts.forEach((text, index) => {
    writePrint(text, prints, index * PRINT_WORDS);
  });
  return prints;
}
