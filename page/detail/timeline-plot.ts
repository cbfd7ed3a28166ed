import uPlot from 'uplot';
import { STATUSES, classOf, labelOf } from '../status/status.js';
import type { TimelinePoints } from './timeline-points.js';

/** Labels of the scale, from good to bad. */
const LEVELS = [...STATUSES].reverse();

const MINUTE = 60;
const DAY = 86_400;

/** How the plot looks; its colours are those of the style sheet at this moment. */
export function plotOptions(
  element: HTMLElement,
  timeline: () => TimelinePoints,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;
  const font = `${Math.round(11 * scale)}px ${style.fontFamily}`;
  const colours = LEVELS.map((status) => colourOf(element, `word ${classOf(status)}`));
  const quiet = colourOf(element, 'probe-quiet');
  const line = colourOf(element, 'probe-line-ink');
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    width: element.clientWidth,
    height: Math.round(176 * scale),
    padding: [8 * scale, 28 * scale, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false } },
    scales: { x: { time: true }, y: { range: [-0.4, LEVELS.length - 0.6] } },
    series: [
      {},
      {
        stroke: line,
        width: 1,
        points: { show: false },
        ...(stepped === undefined ? {} : { paths: stepped }),
      },
    ],
    axes: [
      {
        stroke: quiet,
        font,
        size: 26 * scale,
        space: 76 * scale,
        grid: { show: false },
        ticks: { stroke: line, width: 1, size: 4 },
        values: (_plot, splits, _axis, _space, step) => splits.map((seconds) => tickText(seconds, step)),
      },
      {
        stroke: quiet,
        font,
        size: 104 * scale,
        grid: { stroke: line, width: 1, dash: [1, 4] },
        ticks: { show: false },
        splits: () => LEVELS.map((_, level) => level),
        values: () => LEVELS.map(labelOf),
      },
    ],
    hooks: {
      draw: [(plot) => drawSteps(plot, timeline(), colours, scale)],
      setCursor: [(plot) => onPoint(plot.cursor.idx === undefined ? null : indexAt(plot, timeline()))],
    },
  };
}

/** Each stretch in the colour of its status, thick; where it begins, a dot. */
function drawSteps(plot: uPlot, { points }: TimelinePoints, colours: readonly string[], scale: number): void {
  const { ctx: context } = plot;
  const ratio = uPlot.pxRatio * scale;
  context.save();
  context.beginPath();
  context.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  context.clip();
  context.lineCap = 'round';
  points.forEach((point, index) => {
    const next = points[index + 1];
    if (next === undefined) return;
    const colour = colours[point.severity] ?? '';
    const y = plot.valToPos(point.severity, 'y', true);
    const x = plot.valToPos(point.timeMs / 1000, 'x', true);
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = 4 * ratio;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(plot.valToPos(next.timeMs / 1000, 'x', true), y);
    context.stroke();
    if (index === 0) return;
    context.beginPath();
    context.arc(x, y, 4 * ratio, 0, 2 * Math.PI);
    context.fill();
  });
  context.restore();
}

/** The stretch under the cursor: the last point that is not after it. */
function indexAt(plot: uPlot, { points }: TimelinePoints): number | null {
  const { left } = plot.cursor;
  if (left === undefined || left < 0) return null;
  const timeMs = plot.posToVal(left, 'x') * 1000;
  const index = points.findLastIndex((point) => point.timeMs <= timeMs);
  return index === -1 ? null : index;
}

function tickText(seconds: number, step: number): string {
  const time = new Date(seconds * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  if (step >= DAY) return time.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return step >= MINUTE ? clock : `${clock}:${two(time.getSeconds())}`;
}

function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.className = name;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
