import type { ParsedLine } from '../plugins/log-plugin.js';
import { isDated } from './dated-line.js';

export interface ParseHealthOptions {
  /** Over how many of the last telling lines the share is taken; default 200. More: slower, calmer. */
  readonly windowLines?: number;
  /** From this share of unparsable lines on an episode begins; default 0.3. */
  readonly beginShare?: number;
  /** At or below this share it ends; default 0.1. Well below the other, so that it does not flicker. */
  readonly endShare?: number;
  /** How many lines may pass without any record before each counts as unparsable; default 1000. */
  readonly maxSilentLines?: number;
}

/** A change that is worth a word; one of each kind an episode. */
export type ParseEpisode =
  | {
      readonly kind: 'began';
      /** 0 to 1, of the lines in the window. */
      readonly share: number;
      /** The line that tipped it. */
      readonly line: string;
    }
  | { readonly kind: 'ended'; readonly share: number };

export interface ParseHealthCounts {
  /** Lines that look like records, or stand where one was due, and are none that the plugin knows. */
  readonly unparsable: number;
  /** Share of them among the last telling lines, 0 to 1. */
  readonly share: number;
  /** How often the share has jumped. */
  readonly episodes: number;
}

const DEFAULTS = { windowLines: 200, beginShare: 0.3, endShare: 0.1, maxSilentLines: 1000 };
/** Fewer telling lines than this part of the window tell nothing. */
const ENOUGH = 0.1;

/**
 * Notices that a log's format is no longer the one that the plugin reads: after an upgrade, say, all its
 * records may look like continuation lines, and the agent would fall silent as if all were well. Pure;
 * `note` wants every line that was parsed, in order. Continuation lines say nothing by themselves (a
 * stack trace has hundreds), unless they are dated or no record comes at all.
 */
export class ParseHealth {
  readonly #options: Required<ParseHealthOptions>;
  /** The last telling lines, one after the other in a ring: 1 is unparsable. */
  readonly #window: Uint8Array;
  #telling = 0;
  #bad = 0;
  #silentLines = 0;
  #unparsable = 0;
  #episodes = 0;
  #isBad = false;

  constructor(options: ParseHealthOptions = {}) {
    this.#options = { ...DEFAULTS, ...options };
    this.#window = new Uint8Array(this.#options.windowLines);
  }

  /** Takes note of what became of a line; says when an episode begins or ends, else null. */
  note(parsed: ParsedLine, line: string): ParseEpisode | null {
    const isRead = parsed.kind === 'record' || (parsed.kind === 'dropped' && parsed.reason !== 'bad-time');
    this.#silentLines = isRead ? 0 : this.#silentLines + 1;
    if (isRead) return this.#count(0, line);
    const isTelling =
      parsed.kind === 'dropped' || isDated(line) || this.#silentLines > this.#options.maxSilentLines;
    if (!isTelling) return null;
    this.#unparsable += 1;
    return this.#count(1, line);
  }

  counts(): ParseHealthCounts {
    return { unparsable: this.#unparsable, share: this.#share(), episodes: this.#episodes };
  }

  #count(bad: 0 | 1, line: string): ParseEpisode | null {
    const at = this.#telling % this.#window.length;
    this.#bad += bad - (this.#window[at] ?? 0);
    this.#window[at] = bad;
    this.#telling += 1;
    if (this.#telling < this.#window.length * ENOUGH) return null;
    const share = this.#share();
    const { beginShare, endShare } = this.#options;
    if (!this.#isBad && share >= beginShare) {
      this.#isBad = true;
      this.#episodes += 1;
      return { kind: 'began', share, line };
    }
    if (this.#isBad && share <= endShare) {
      this.#isBad = false;
      return { kind: 'ended', share };
    }
    return null;
  }

  #share(): number {
    const telling = Math.min(this.#telling, this.#window.length);
    return telling === 0 ? 0 : this.#bad / telling;
  }
}
