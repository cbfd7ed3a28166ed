import type { HealthService } from '../../protocol/health-service.js';
import type { VerdictService } from '../../protocol/verdict-service.js';
import type { Clock } from '../../runtime/clock.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Paint } from '../verdict-format/paint.js';

/** What a typed command works on; one for a whole interactive session. */
export interface Session {
  readonly service: HealthService;
  readonly verdicts: VerdictService;
  /** host:port of the aggregator. */
  readonly target: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Prints as is; commands end their lines themselves. */
  readonly print: (text: string) => void;
  /** The same for what is not an answer. */
  readonly warn: (text: string) => void;
  readonly paint: Paint;
  /** Null: nobody sits there. */
  readonly terminal: Terminal | null;
  /** Ends what repeats itself. */
  readonly signal: AbortSignal;
  /** Who reports speak for; `me` changes it. */
  observer: string;
}

/** A command word of the client. Throws HviewError; USAGE shows the command list. */
export interface ClientCommand {
  readonly word: string;
  /** Its line in the command list, without the indentation. */
  readonly usage: string;
  /** What it gives, as half a sentence for the manual. */
  readonly summary: string;
  /** `words`: what follows the command word. */
  readonly run: (session: Session, words: readonly string[]) => Promise<void>;
}
