import { Backoff } from '../../runtime/backoff.js';
import type { Clock, Timer } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { Sender } from './sender.js';

/** One request, made of the newest there is to tell when it is sent. */
export interface Parcel {
  readonly body: string;
  /** Alerts in it. */
  readonly alerts: number;
  readonly onTaken: () => void;
  /** After this `next` has to offer something else, or nothing. */
  readonly onRefused: () => void;
}

export interface DeliveryOptions {
  readonly sender: Sender;
  /** Asked before every attempt; null: nothing is due. */
  readonly next: () => Parcel | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;

/** A receiver that asks for more patience than this is asked again all the same. */
const MAX_RETRY_AFTER_MS = 300_000;

/** Sends to one receiver: one request at a time, what fails again after a pause that grows. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #backoff: Backoff;
  #pause: Timer | null = null;
  #isSending = false;
  #isClosed = false;
  #sent = 0;
  #failed = 0;
  /** The reason last logged: a receiver that is away is not to fill the log. */
  #toldReason = '';

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { random } = options;
    this.#backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random });
  }

  get sent(): number {
    return this.#sent;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Something may be due. */
  wake(): void {
    if (this.#isClosed || this.#isSending || this.#pause !== null) return;
    const parcel = this.#options.next();
    if (parcel === null) return;
    this.#isSending = true;
    void this.#send(parcel);
  }

  close(): void {
    this.#isClosed = true;
    this.#pause?.cancel();
    this.#options.sender.close();
  }

  async #send(parcel: Parcel): Promise<void> {
    const { sender, logger, clock } = this.#options;
    const result = await sender.send(parcel.body);
    this.#isSending = false;
    if (this.#isClosed) return;
    if (result.kind === 'taken') {
      this.#sent += parcel.alerts;
      if (this.#toldReason !== '') logger.info('a receiver of alerts takes them again', { to: sender.name });
      this.#toldReason = '';
      this.#backoff.reset();
      parcel.onTaken();
    } else {
      this.#failed += 1;
      const { reason } = result;
      if (reason !== this.#toldReason) {
        const isFinal = result.kind === 'refused';
        logger.warn(
          isFinal ? 'alerts were refused' : 'alerts cannot be delivered for now and are tried again',
          { to: sender.name, alerts: parcel.alerts, reason },
        );
      }
      this.#toldReason = reason;
      if (result.kind === 'refused') parcel.onRefused();
      const asked = result.kind === 'failed' ? Math.min(result.retryAfterMs, MAX_RETRY_AFTER_MS) : 0;
      this.#pause = clock.after(Math.max(this.#backoff.next(), asked), () => this.#goOn(), { unref: true });
      return;
    }
    this.wake();
  }

  #goOn(): void {
    this.#pause = null;
    this.wake();
  }
}
