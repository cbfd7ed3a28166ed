import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { VerdictChangeJson, VerdictJson } from '../../protocol/json-api.js';
import { labelOf } from '../status/status.js';
import { moment } from '../text/times.js';
import { useNow } from '../parts/ticker.jsx';
import { timelineOf } from './timeline-points.js';
import { plotOptions } from './timeline-plot.js';

/** The verdict over time, in steps. Drag to look closer, double click to see all again. */
export function Timeline({
  changes,
  verdict,
  theme,
}: {
  readonly changes: readonly VerdictChangeJson[];
  readonly verdict: VerdictJson;
  readonly theme: string;
}): JSX.Element | null {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  // Every ten seconds is often enough for a line to grow.
  const now = Math.floor(useNow() / 10_000) * 10_000;
  const timeline = timelineOf(changes, verdict, now);
  const latest = useRef(timeline);
  latest.current = timeline;

  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const made = new uPlot(
      plotOptions(
        element,
        () => latest.current,
        (index) => {
          const at = index === null ? undefined : latest.current.points[index];
          setPointed(at === undefined ? null : `${moment(at.timeMs, Date.now())} ${labelOf(at.status)}`);
        },
      ),
      dataOf(latest.current),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: made.height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme, verdict.subject]);

  const last = timeline.points.at(-1);
  useEffect(
    () => plot.current?.setData(dataOf(latest.current)),
    [timeline.points.length, last?.timeMs, last?.status],
  );

  return (
    <section class="timeline" aria-labelledby="timeline-title">
      <div class="timeline-head">
        <h3 id="timeline-title">Timeline</h3>
        <p class="caption" aria-hidden={true}>
          {pointed ?? (timeline.isCut ? 'no change since' : '')}
        </p>
      </div>
      <div
        ref={frame}
        role="img"
        aria-label={`The verdict over time: ${changes.length} changes, listed below`}
      />
    </section>
  );
}

function dataOf({ points }: ReturnType<typeof timelineOf>): uPlot.AlignedData {
  return [points.map(({ timeMs }) => timeMs / 1000), points.map(({ severity }) => severity)];
}
