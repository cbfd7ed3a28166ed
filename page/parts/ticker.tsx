import type { JSX } from 'preact';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { duration, isoTime, moment, shortDuration } from '../text/times.js';

/** What is to be added to this machine's clock for the aggregator's, milliseconds. */
export const ClockAhead = createContext(0);

const listeners = new Set<() => void>();
let ticking: number | undefined;

/** The aggregator's time, anew every second. One interval serves all who look. */
export function useNow(): number {
  const ahead = useContext(ClockAhead);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = (): void => setNow(Date.now());
    listeners.add(tick);
    ticking ??= setInterval(() => {
      for (const listener of listeners) listener();
    }, 1000);
    return () => {
      listeners.delete(tick);
      if (listeners.size > 0) return;
      clearInterval(ticking);
      ticking = undefined;
    };
  }, []);
  return now + ahead;
}

/** How long ago, kept up to date. */
export function Ago({
  timeMs,
  isShort = false,
}: {
  readonly timeMs: number;
  readonly isShort?: boolean;
}): JSX.Element {
  const age = useNow() - timeMs;
  return (
    <time dateTime={isoTime(timeMs)} title={isoTime(timeMs)}>
      {isShort ? shortDuration(age) : duration(age)}
    </time>
  );
}

/** The local time of day. */
export function Moment({ timeMs }: { readonly timeMs: number }): JSX.Element {
  const ahead = useContext(ClockAhead);
  return (
    <time dateTime={isoTime(timeMs)} title={isoTime(timeMs)}>
      {moment(timeMs, Date.now() + ahead)}
    </time>
  );
}
