import type { HealthService } from '../../protocol/health-service.js';
import type { Clock } from '../../runtime/clock.js';

/** What a typed command works on; one for a whole interactive session. */
export interface Session {
  readonly service: HealthService;
  readonly clock: Clock;
  /** Prints as is; commands end their lines themselves. */
  readonly print: (text: string) => void;
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
