import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { classOf, labelOf } from '../status/status.js';
import { visible } from '../text/visible-text.js';
import type { Geometry } from './matrix-geometry.js';
import { extent, geometryOf, placeAt, scrolledTo } from './matrix-geometry.js';
import type { MatrixModel, Place } from './matrix-model.js';
import { cellAt, moved } from './matrix-model.js';
import type { Palette } from './matrix-painter.js';
import { MatrixPainter, paletteOf } from './matrix-painter.js';
import { MatrixRows } from './matrix-rows.jsx';

export interface MatrixViewProps {
  readonly model: MatrixModel;
  readonly chosen: string | null;
  /** Changes when the colours do. */
  readonly theme: string;
  readonly onChoose: (subject: string, observer: string | null) => void;
}

/** What is in view is told to screen readers when the scrolling has come to rest, milliseconds. */
const REST_MS = 120;

/**
 * The matrix: painted on a canvas that stands still under an empty area that scrolls, and beside it, unseen,
 * the rows in view as a grid for those who hear it.
 */
export function MatrixView({ model, chosen, theme, onChoose }: MatrixViewProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const painter = useRef<MatrixPainter | null>(null);
  const frame = useRef(0);
  // As the last scroll event had it: to ask the element in the middle of an update would have it laid out twice.
  const scroll = useRef({ left: 0, top: 0 });
  const [palette, setPalette] = useState<Palette | null>(null);
  const [size, setSize] = useState({ width: 0, height: 0, room: 0 });
  const [hover, setHover] = useState<Place | null>(null);
  const [active, setActive] = useState<Place>({ row: 0, column: -1 });
  const [hasFocus, setHasFocus] = useState(false);
  const [windowTop, setWindowTop] = useState(0);

  // A changed matrix keeps the place of the keys, once they were used, on its subject, wherever that went.
  const activeSubject = useRef<string | null>(null);
  useLayoutEffect(() => {
    const row = model.rows.findIndex(({ subject }) => subject === activeSubject.current);
    const column = Math.min(active.column, model.observers.length - 1);
    const kept = { row: Math.max(0, row === -1 ? Math.min(active.row, model.rows.length - 1) : row), column };
    if (kept.row !== active.row || kept.column !== active.column) setActive(kept);
  }, [model]);
  const goTo = (place: Place): void => {
    activeSubject.current = model.rows[place.row]?.subject ?? null;
    setActive(place);
  };

  useLayoutEffect(() => {
    const view = scroller.current;
    if (view === null) return undefined;
    const observer = new ResizeObserver(() => setSize({ ...roomAround(view), height: view.clientHeight }));
    observer.observe(view);
    const middle = view.closest('.middle');
    if (middle !== null) observer.observe(middle);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const read = (): void => {
      if (probe.current === null || canvas.current === null) return;
      const found = paletteOf(probe.current);
      painter.current = new MatrixPainter(canvas.current, found);
      setPalette(found);
    };
    read();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', read);
    return () => dark.removeEventListener('change', read);
  }, [theme, size]);

  const widths = useMemo(() => (palette === null ? null : widestNames(model, palette)), [model, palette]);
  const geometry = useMemo<Geometry | null>(
    () =>
      palette === null || widths === null || size.width === 0
        ? null
        : geometryOf({ model, ...size, scale: palette.scale, ...widths }),
    [model, size, palette, widths],
  );
  const whole = geometry === null ? { width: 0, height: 0 } : extent(geometry, model);

  const paint = (): void => {
    if (geometry === null) return;
    painter.current?.paint({
      model,
      geometry,
      ...scroll.current,
      hover,
      active: hasFocus ? active : null,
      chosen,
    });
  };
  const latestPaint = useRef(paint);
  latestPaint.current = paint;
  const paintSoon = (): void => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => latestPaint.current());
  };
  useLayoutEffect(paint, [model, geometry, palette, hover, active, hasFocus, chosen]);

  const resting = useRef(0);
  const onScroll = (): void => {
    const view = scroller.current;
    if (view !== null) scroll.current = { left: view.scrollLeft, top: view.scrollTop };
    paintSoon();
    clearTimeout(resting.current);
    resting.current = setTimeout(() => setWindowTop(scroller.current?.scrollTop ?? 0), REST_MS);
  };
  const pointed = (event: MouseEvent): Place | null => {
    const view = scroller.current;
    if (view === null || geometry === null) return null;
    const box = view.getBoundingClientRect();
    const point = { x: event.clientX - box.left, y: event.clientY - box.top };
    return placeAt(geometry, model, point, { left: view.scrollLeft, top: view.scrollTop });
  };
  const choose = (place: Place): void => {
    const row = model.rows[place.row];
    if (row !== undefined) onChoose(row.subject, model.observers[place.column] ?? null);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (geometry === null || event.altKey || event.metaKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      choose(active);
      return;
    }
    const pageRows = Math.max(
      1,
      Math.floor((geometry.height - geometry.headHeight) / geometry.rowHeight) - 1,
    );
    const place = moved(active, event.ctrlKey ? `Ctrl+${event.key}` : event.key, model, pageRows);
    if (place === null) return;
    event.preventDefault();
    goTo(place);
    const view = scroller.current;
    if (view === null) return;
    const { left, top } = scrolledTo(geometry, place, { left: view.scrollLeft, top: view.scrollTop });
    view.scrollTo({ left, top, behavior: 'instant' });
  };

  const meant = hover ?? (hasFocus ? active : null);
  const firstRow = geometry === null ? 0 : Math.floor(windowTop / geometry.rowHeight);
  const shownRows =
    geometry === null ? 0 : Math.ceil((geometry.height - geometry.headHeight) / geometry.rowHeight);
  return (
    <>
      <p class="caption" aria-hidden={true}>
        {meant !== null ? (
          captionOf(model, meant)
        ) : (
          <>
            <span class="for-pointers">Point at a cell, or press m and the arrow keys</span>
            <span class="for-fingers">Tap a cell to see why</span>
          </>
        )}
      </p>
      <div class="matrix" style={{ height: whole.height }}>
        <canvas ref={canvas} aria-hidden={true} style={{ width: size.width, height: size.height }} />
        <div
          ref={scroller}
          id="matrix"
          class={`matrix-scroller ${hover === null ? '' : 'is-over-cell'}`}
          role="grid"
          tabIndex={0}
          aria-label="Observers against subjects"
          aria-rowcount={model.rows.length + 1}
          aria-colcount={model.observers.length + 1}
          aria-activedescendant={hasFocus ? 'matrix-place' : undefined}
          onScroll={onScroll}
          onKeyDown={onKeyDown}
          onFocus={() => setHasFocus(true)}
          onBlur={() => setHasFocus(false)}
          onPointerMove={(event) => {
            const place = event.pointerType === 'touch' ? null : pointed(event);
            if (place?.row !== hover?.row || place?.column !== hover?.column) setHover(place);
          }}
          onPointerLeave={() => setHover(null)}
          onClick={(event) => {
            const place = pointed(event);
            if (place === null) return;
            goTo(place);
            choose(place);
          }}
        >
          <div
            class="matrix-space"
            role="presentation"
            style={{ width: whole.width, height: whole.height }}
          />
          <MatrixRows model={model} active={active} first={firstRow} count={shownRows} chosen={chosen} />
        </div>
        <span ref={probe} aria-hidden={true} />
      </div>
    </>
  );
}

function captionOf(model: MatrixModel, { row, column }: Place): JSX.Element | null {
  const entry = model.rows[row];
  if (entry === undefined) return null;
  const status = column < 0 ? entry.status : cellAt(model, row, column);
  const word = status === null ? 'nothing' : labelOf(status);
  return (
    <>
      {column >= 0 && (
        <>
          <bdi>{visible(model.observers[column] ?? '')}</bdi> says of{' '}
        </>
      )}
      <bdi>{visible(entry.subject)}</bdi>
      {column < 0 ? ' is ' : ': '}
      <strong class={status ? `word ${classOf(status)}` : ''}>{word}</strong>
    </>
  );
}

/** How much the matrix could take, pixels: all that its surroundings leave. */
function roomAround(view: HTMLElement): { readonly width: number; readonly room: number } {
  const middle = view.closest('.middle');
  const card = view.closest('.card');
  if (middle === null || card === null) return { width: view.clientWidth, room: view.clientHeight };
  // Where the page itself scrolls, the style sheet says how high it may become.
  const limit = parseFloat(getComputedStyle(middle).maxHeight);
  const height = Number.isNaN(limit) ? middle.clientHeight : limit;
  return { width: view.clientWidth, room: height - (card.clientHeight - view.clientHeight) };
}

/** Names that are measured; where there are more, the others are taken to be no longer. */
const MAX_MEASURED = 2000;

function widestNames(
  model: MatrixModel,
  { font, scale }: Palette,
): { readonly subjectWidth: number; readonly observerWidth: number } {
  const context = document.createElement('canvas').getContext('2d');
  const widest = (names: readonly string[], size: number, weight: number): number => {
    if (context === null) return 0;
    context.font = `${weight} ${size * scale}px ${font}`;
    // The longest few decide; measuring all would cost more than all the rest.
    const longest = names.slice(0, MAX_MEASURED).sort((a, b) => b.length - a.length);
    return Math.max(0, ...longest.slice(0, 8).map((name) => context.measureText(visible(name)).width));
  };
  return {
    subjectWidth: widest(
      model.rows.map(({ subject }) => subject),
      13,
      600,
    ),
    observerWidth: widest(model.observers, 12, 600),
  };
}
