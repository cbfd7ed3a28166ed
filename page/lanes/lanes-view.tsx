import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { VerdictChangeJson } from '../../protocol/json-api.js';
import { Name } from '../parts/name.jsx';
import { useNow } from '../parts/ticker.jsx';
import { Sign } from '../status/signs.jsx';
import { classOf, labelOf } from '../status/status.js';
import { duration, moment, tickTime } from '../text/times.js';
import { lanesOf } from './lanes-model.js';

/** Of the root's font size: the height of a lane, of what stands around them, and the least that is worth showing. */
const HEIGHT = { lane: 2, around: 6, least: 11 } as const;

/** How wide a stretch has to be to hold its sign, pixels. */
const SIGN_WIDTH = 20;

/**
 * What happened, side by side: a lane for each subject that changed. It takes the room that a small matrix
 * leaves, and says nothing that the list of changes does not say to those who hear the page.
 */
export function LanesView({
  changes,
  chosen,
  onChoose,
}: {
  readonly changes: readonly VerdictChangeJson[];
  readonly chosen: string | null;
  readonly onChoose: (subject: string) => void;
}): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0, em: 14 });
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      const em = parseFloat(getComputedStyle(document.documentElement).fontSize);
      setSize({ width: element.clientWidth, height: element.clientHeight, em });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const now = Math.floor(useNow() / 5000) * 5000;
  const { lanes, fromMs, toMs, ticks } = useMemo(() => lanesOf(changes, now), [changes, now]);
  const room = Math.floor((size.height / size.em - HEIGHT.around) / HEIGHT.lane);
  const isShown = lanes.length > 0 && size.height >= HEIGHT.least * size.em;
  const laneWidth = size.width * 0.8;
  return (
    <div class="lanes-frame" ref={frame} aria-hidden={true}>
      {isShown && (
        <div class="card lanes">
          <h2>
            What happened <span class="quiet">over {duration(toMs - fromMs)}</span>
          </h2>
          <div class="lanes-body">
            {lanes.slice(0, room).map(({ subject, status, stretches }) => (
              <div
                key={subject}
                class={`lane ${subject === chosen ? 'is-chosen' : ''}`}
                onClick={() => onChoose(subject)}
              >
                <span class="lane-name">
                  <Sign status={status} />
                  <Name of={subject} />
                </span>
                <span class="lane-track">
                  {stretches.map(({ status: past, from, to, timeMs }) => (
                    <span
                      key={timeMs}
                      class={`stretch ${classOf(past)}`}
                      title={`${labelOf(past)} from ${moment(timeMs, now)}, ${duration((to - from) * (toMs - fromMs))}`}
                      style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
                    >
                      {(to - from) * laneWidth >= SIGN_WIDTH && <Sign status={past} />}
                    </span>
                  ))}
                </span>
              </div>
            ))}
            <div class="lane-axis">
              <div class="lane-ticks">
                {ticks.map(({ timeMs, at }) => (
                  <span key={timeMs} style={{ left: `${at * 100}%` }}>
                    {tickTime(timeMs, toMs - fromMs)}
                  </span>
                ))}
              </div>
            </div>
          </div>
          {lanes.length > room && <p class="note">and {lanes.length - room} more</p>}
        </div>
      )}
    </div>
  );
}
