/** One server-sent event. */
export interface StreamEvent {
  /** The last id the stream gave, '' when there was none. */
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/**
 * Takes a text/event-stream apart as its pieces arrive. The browser's own EventSource cannot carry a token,
 * so the stream is read through fetch.
 */
export class EventStreamParser {
  #rest = '';
  #id = '';
  #type = '';
  #data: string[] = [];

  /** The events that this piece completes. */
  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const whole = this.#rest + text;
    // A carriage return at the end may be the first half of a line's end.
    const isCut = whole.endsWith('\r');
    const lines = (isCut ? whole.slice(0, -1) : whole).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + (isCut ? '\r' : '');
    for (const line of lines) {
      if (line === '') {
        if (this.#data.length > 0)
          events.push({ id: this.#id, type: this.#type || 'message', data: this.#data.join('\n') });
        this.#type = '';
        this.#data = [];
      } else this.#field(line);
    }
    return events;
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#type = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id') this.#id = value;
  }
}
