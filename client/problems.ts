import type { Clock } from '../runtime/clock.js';
import type { HviewError } from '../runtime/errors.js';
import type { Problem, ProblemKind } from './problem.js';

/** Hints are written for those who type commands; these options of connect stand for their flags. */
const OPTIONS: Readonly<Record<string, string>> = {
  '-server host:port': 'the option aggregator',
  '-tls_ca': 'the option tls.ca',
  '-tls_cert': 'the options tls.cert',
  '-tls_key': 'tls.key',
  '-token_file': 'the option tokenFile',
  '-insecure': 'insecure: true',
};
const FLAG = new RegExp(Object.keys(OPTIONS).join('|'), 'g');

/** No kind is told more often, milliseconds. */
const TELL_EVERY_MS = 60_000;

/** Tells problems, each kind at most once a minute. What the listener throws is its own loss. */
export class Problems {
  readonly #clock: Clock;
  readonly #listener: (problem: Problem) => void;
  readonly #told = new Map<ProblemKind, { atMs: number; untold: number }>();

  constructor(listener: (problem: Problem) => void, clock: Clock) {
    this.#listener = listener;
    this.#clock = clock;
  }

  tell(
    kind: ProblemKind,
    { message, hint }: Pick<HviewError, 'message'> & { readonly hint?: string | undefined },
  ): void {
    const nowMs = this.#clock.monotonic();
    const told = this.#told.get(kind);
    if (told !== undefined && nowMs - told.atMs < TELL_EVERY_MS) {
      told.untold += 1;
      return;
    }
    // Before the listener is called: it may itself cause what it is told of.
    this.#told.set(kind, { atMs: nowMs, untold: 0 });
    try {
      const next = hint === undefined ? {} : { hint: hint.replaceAll(FLAG, (flag) => OPTIONS[flag] ?? flag) };
      this.#listener({ kind, message, ...next, untold: told?.untold ?? 0 });
    } catch {
      // There is nobody left to tell.
    }
  }
}

/** What happens to problems when nobody listens: Node prints a warning. */
export function warn({ kind, message, hint = '', untold }: Problem): void {
  const others = untold === 0 ? '' : ` (and ${untold} more since the last of its kind)`;
  process.emitWarning([`${message}${others}`, hint].join(' ').trim(), { type: 'HviewWarning', code: kind });
}
