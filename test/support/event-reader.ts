import { EventStreamParser } from '../../page/data/event-stream.js';

export interface ReadEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** Reads a stream of server-sent events; each `next` waits for one that is not a beat. */
export class EventReader {
  readonly #events: ReadEvent[] = [];
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #parser = new EventStreamParser();

  constructor(response: Response) {
    if (response.body === null) throw new Error('an answer without a body');
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Null at the end of the stream. */
  async next(
    isWanted: (event: ReadEvent) => boolean = ({ type }) => type !== 'beat',
  ): Promise<ReadEvent | null> {
    for (;;) {
      const index = this.#events.findIndex(isWanted);
      if (index !== -1) return this.#events.splice(0, index + 1).at(-1) ?? null;
      const { done, value } = await this.#reader.read();
      if (done) return null;
      for (const { id, type, data } of this.#parser.push(value)) {
        this.#events.push({ id, type, data: JSON.parse(data) as Record<string, unknown> });
      }
    }
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}
