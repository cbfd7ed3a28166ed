/** Texts that are remembered at most: rules with their reasons, hosts and logs of a large installation. */
const MAX_TEXTS = 20_000;

/** Texts that come again and again, each kept once. */
export class TextPool {
  readonly #texts = new Map<string, string>();

  constructor(private readonly maxTexts = MAX_TEXTS) {}

  /** The same text, as it was first given. */
  share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    // What was shared stays so; only what comes from now on is kept anew.
    if (this.#texts.size >= this.maxTexts) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
