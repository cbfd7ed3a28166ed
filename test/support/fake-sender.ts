import type { SendResult, Sender } from '../../server/alerts/sender.js';
import { settle } from './fake-clock.js';

/** A receiver's end that a test answers for: at once as set in `answer`, or by hand while that is null. */
export class FakeSender implements Sender {
  readonly bodies: unknown[] = [];
  answer: SendResult | null = { kind: 'taken' };
  isClosed = false;
  readonly #waiting: ((result: SendResult) => void)[] = [];

  constructor(readonly name = 'fake') {}

  send(body: string): Promise<SendResult> {
    this.bodies.push(JSON.parse(body));
    const { answer } = this;
    if (answer !== null) return Promise.resolve(answer);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Answers the oldest request that waits. */
  async finish(result: SendResult): Promise<void> {
    this.#waiting.shift()?.(result);
    await settle();
  }

  close(): void {
    this.isClosed = true;
  }
}
