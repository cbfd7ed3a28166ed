/** One kind of message: what is left when everything that changes from one to the next is taken out. */
export interface MessageTemplate {
  /** `Connection to <address> lost after <number> ms`. */
  readonly template: string;
  /** At least this often; exact as long as no template had to be given up. */
  readonly count: number;
  /** The first line of it. */
  readonly sample: string;
  /** What it was counted under besides its text, such as the level. */
  readonly label: string;
}

/** Longer messages are told apart by their beginning; UTF-16 units. */
const MAX_MESSAGE = 600;
const MAX_SAMPLE = 1000;
const DEFAULT_MAX_TEMPLATES = 5000;

/**
 * Groups messages into templates and counts them, in bounded memory: when there are too many templates,
 * those seen least are given up (and counted), so that what comes again and again stays.
 */
export class MessageTemplates {
  readonly #maxTemplates: number;
  readonly #groups = new Map<string, { template: string; count: number; sample: string; label: string }>();
  #givenUp = 0;

  constructor(maxTemplates = DEFAULT_MAX_TEMPLATES) {
    this.#maxTemplates = maxTemplates;
  }

  /** `sample`: the whole line, to be shown for the first message of a template. */
  add(message: string, label: string, sample: string): void {
    const template = templateOf(message);
    const key = `${label} ${template}`;
    const group = this.#groups.get(key);
    if (group !== undefined) {
      group.count += 1;
      return;
    }
    if (this.#groups.size >= this.#maxTemplates) this.#giveUpRarest();
    this.#groups.set(key, { template, count: 1, sample: sample.slice(0, MAX_SAMPLE), label });
  }

  /** Messages whose template was given up. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** The most frequent first; of equals, the one met first. */
  sorted(): readonly MessageTemplate[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count);
  }

  #giveUpRarest(): void {
    const counts = [...this.#groups.values()].map(({ count }) => count).sort((a, b) => a - b);
    const limit = counts[Math.floor(counts.length / 4)] ?? 1;
    for (const [key, { count }] of this.#groups) {
      if (count > limit) continue;
      this.#groups.delete(key);
      this.#givenUp += count;
    }
  }
}

/** Characters that end a word: what stands between them is looked at as one. */
const WORD = /[^\s,;=(){}[\]<>|"'`]+/g;
/** The `'` of "can't" opens nothing. */
const QUOTED = /"[^"]{0,200}"|(?<!\w)'[^']{0,200}'(?!\w)|`[^`]{0,200}`/g;
/** `<number>, <number>, <number>`: a list, of whatever length. */
const LIST = /(<[a-z]+>)(?:(?:, ?| )\1)+/g;

/** The message with numbers, ids, addresses, paths and quoted parts replaced by placeholders. */
export function templateOf(message: string): string {
  const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}...` : message;
  return text.replace(QUOTED, '<text>').replace(WORD, placeholderOf).replace(LIST, '$1...');
}

const NUMBER = /^[-+]?\d[\d.,_]*(?:%|[a-zA-Zµ]{1,3}|\/s)?$/;
const ADDRESS =
  /^\/?(?:[\w.-]*\/)?(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){3,8}\]?)(?::\d+)?$/;
const HOST_AND_PORT = /^\/?[A-Za-z][\w.-]*(?:\/[\w.:-]+)?:\d{2,5}$/;
const PATH = /^(?:[A-Za-z]:\\|file:\/*|\/)[^:]*[\w/\\].*$/;
const ID = /^(?:0[xX][0-9a-fA-F]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|(?=.*\d)[0-9a-fA-F]{8,})$/;

function placeholderOf(word: string): string {
  // Nothing that changes is without a digit or a slash.
  if (!/[\d/\\]/.test(word) || word.length > 300) return word;
  const end = /[.:!?]+$/.exec(word)?.[0] ?? '';
  const core = end === '' ? word : word.slice(0, -end.length);
  if (NUMBER.test(core) && !ADDRESS.test(core)) return `<number>${end}`;
  if (ID.test(core)) return `<id>${end}`;
  if (ADDRESS.test(core) || HOST_AND_PORT.test(core)) return `<address>${end}`;
  if (PATH.test(core)) return `<path>${end}`;
  // Names that are numbered, such as worker-12 or blk_1073741825_1001.
  return word.replace(/\d+/g, '<number>').replace(/(?:<number>[._:-]?){2,}/g, '<number>');
}
