/** Time as it is handed to everything that needs it, so that tests can hold it. All in milliseconds. */
export interface Clock {
  /** Wall clock: milliseconds since 1970 UTC. */
  now(): number;
  /** Never goes back; only differences mean something. */
  monotonic(): number;
  /** Calls once after `delayMs`. A pending timer does not keep the process alive when `unref` is set. */
  after(delayMs: number, action: () => void, options?: { readonly unref?: boolean }): Timer;
}

export interface Timer {
  cancel(): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action, options) {
    const handle = setTimeout(action, delayMs);
    if (options?.unref === true) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once when the signal aborts (it never rejects). */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const end = () => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(delayMs, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** Calls `action` every `periodMs`, the first time after one period, until cancelled. */
export function every(clock: Clock, periodMs: number, action: () => void): Timer {
  let timer = clock.after(periodMs, tick, { unref: true });
  let cancelled = false;
  function tick(): void {
    action();
    if (!cancelled) timer = clock.after(periodMs, tick, { unref: true });
  }
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}
