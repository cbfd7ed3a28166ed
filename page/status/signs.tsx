import type { JSX } from 'preact';
import type { StatusName } from '../../protocol/model.js';
import type { ShownStatus } from './status.js';
import { classOf, labelOf, shown } from './status.js';

/**
 * A sign for each status, so that colour never stands alone: strokes on a field of 16 by 16 with round
 * ends. The matrix paints the same ones.
 */
export const SIGNS: Readonly<Record<ShownStatus, string>> = {
  NA: 'M5.5 8h5',
  HEALTHY: 'M8 8h.01',
  PENDING: 'M4.4 8h.01M8 8h.01M11.6 8h.01',
  MAYBE_UNHEALTHY: 'M5.7 5.9a2.35 2.35 0 1 1 3.5 2.05C8.3 8.5 8 8.8 8 9.5M8 12.3h.01',
  UNHEALTHY: 'M8 3.7v5.2M8 12.3h.01',
  DYING: 'M5.7 3.7v5.2M5.7 12.3h.01M10.3 3.7v5.2M10.3 12.3h.01',
  DEAD: 'M4.8 4.8l6.4 6.4M11.2 4.8l-6.4 6.4',
};

/** How thick a sign's strokes are, on its field of 16. */
export const SIGN_STROKES: Readonly<Record<ShownStatus, number>> = {
  NA: 1.6,
  HEALTHY: 4.2,
  PENDING: 2.2,
  MAYBE_UNHEALTHY: 1.8,
  UNHEALTHY: 2.1,
  DYING: 2.1,
  DEAD: 2.1,
};

/** A coloured tile with the sign of a status; silent, as words stand beside it, unless `isSpoken`. */
export function Sign({
  status,
  isSpoken = false,
}: {
  readonly status: StatusName;
  readonly isSpoken?: boolean;
}): JSX.Element {
  const name = shown(status);
  const speech = isSpoken
    ? ({ role: 'img', 'aria-label': labelOf(status) } as const)
    : ({ 'aria-hidden': true } as const);
  return (
    <span class={`sign ${classOf(status)}`} {...speech}>
      <svg viewBox="0 0 16 16" aria-hidden={true}>
        <path d={SIGNS[name]} stroke-width={SIGN_STROKES[name]} />
      </svg>
    </span>
  );
}
