import { createHook } from 'node:async_hooks';
import type { Socket } from 'node:net';

/** What Node's C++ part keeps of a session; it frees it when the garbage collector takes this object. */
type SessionHandle = object;

/** An ended session is kept over so many full collections; see `SessionKeeper`. */
const COLLECTIONS = 3;

/**
 * Sees to it that HTTP/2 sessions are garbage-collected after their streams.
 *
 * A stream that ended in the middle of a header block (trailers that never came to their end) still holds
 * memory of its session until it is freed itself: in the next turn of the event loop, or, when data of it
 * was on its way, by the garbage collector. Node up to 20.20.2 at least frees the session earlier if the
 * collector comes in between, finds that not all of its memory came back, and aborts the whole process:
 * whoever can connect could end the program. So an ended session stays referenced until its streams are
 * gone for sure: one collection may have been under way when the session ended, the next may have begun
 * before the streams' turn was over, the third takes them. What is kept weighs some kilobytes a session and
 * brings the next collection nearer, as any other garbage.
 */
export class SessionKeeper {
  /** Ended sessions; the last part has seen the most collections. */
  readonly #ended: SessionHandle[][] = Array.from({ length: COLLECTIONS }, () => []);
  readonly #collections = new FinalizationRegistry<null>(() => this.#collected());
  #isWaiting = false;
  #begun: SessionHandle | null = null;
  /** The documented way to such a handle: Node shows each to the hooks when it makes it. */
  readonly #hook = createHook({
    init: (_id, type, _trigger, resource: object) => {
      if (type === 'HTTP2SESSION') this.#begun = resource;
    },
  });

  /** `begin` makes a session on the socket, before it returns. */
  connect(socket: Socket, begin: () => void): void {
    // Only for this moment: what else the process does is not slowed down.
    this.#hook.enable();
    try {
      begin();
    } finally {
      this.#hook.disable();
    }
    const handle = this.#begun;
    this.#begun = null;
    if (handle !== null) socket.once('close', () => this.#keep(handle));
  }

  #keep(handle: SessionHandle): void {
    this.#ended[0]?.push(handle);
    if (!this.#isWaiting) this.#await();
  }

  /** Only a full collection takes an object that such a registry knows. */
  #await(): void {
    this.#isWaiting = true;
    this.#collections.register({}, null);
  }

  #collected(): void {
    this.#isWaiting = false;
    this.#ended.pop();
    this.#ended.unshift([]);
    if (this.#ended.some((sessions) => sessions.length > 0)) this.#await();
  }
}
