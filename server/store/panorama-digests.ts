import type { Observation, Panorama } from '../../protocol/model.js';
import { PRINT_WORDS, writePrint } from '../../runtime/text-print.js';

/** Sums and prints have 52 bits: the sum of two is exact. */
const MODULUS = 2 ** 52;

/**
 * For each subject a sum over all that stands about it: equal for equal observations, in whatever order they
 * came. Two different panoramas of one sum are not to be expected; kept until the subject changes.
 */
export class PanoramaDigests {
  readonly #digests = new Map<string, number>();
  readonly #print = new Uint32Array(PRINT_WORDS);

  constructor(private readonly panorama: (subject: string) => Panorama | undefined) {}

  changed(subject: string): void {
    this.#digests.delete(subject);
  }

  /** 0 when nothing stands. */
  digest(subject: string): number {
    let digest = this.#digests.get(subject);
    if (digest === undefined) {
      digest = 0;
      for (const [observer, { observations }] of this.panorama(subject)?.views ?? [])
        for (const observation of observations)
          digest = (digest + this.#printOf(observer, observation)) % MODULUS;
      if (digest !== 0) this.#digests.set(subject, digest);
    }
    return digest;
  }

  #printOf(observer: string, { time, metrics }: Observation): number {
    const said = metrics.map(({ name, status, score }) => `${name}\0${status}\0${score}`).sort();
    writePrint(`${observer}\0${time.seconds}.${time.nanos}\0${said.join('\0')}`, this.#print);
    const [high = 0, low = 0] = this.#print;
    return (high % 2 ** 20) * 2 ** 32 + low;
  }
}
