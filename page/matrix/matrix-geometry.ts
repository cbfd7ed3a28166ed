import type { MatrixModel, Place } from './matrix-model.js';

/** All in CSS pixels. */
export interface Geometry {
  readonly width: number;
  readonly height: number;
  /** The names of the subjects stand left, those of the observers above. */
  readonly labelWidth: number;
  readonly headHeight: number;
  readonly columnWidth: number;
  readonly rowHeight: number;
  /** Observers are written from bottom to top when their columns are narrow. */
  readonly isUpright: boolean;
  /** The status stands in the cell as a word beside its sign. */
  readonly hasWords: boolean;
}

/** At scale 1; a wall screen has larger letters and so larger cells. */
const CELL = { min: 25, comfortable: 28, maxWidth: 148, maxHeight: 34, wordWidth: 136 } as const;

/** What is left to the lanes below when the rows remain comfortable, at scale 1. */
const LANES_HEIGHT = 230;

/** Around a text, at scale 1. */
const PADDING = { label: 44, head: 20 } as const;

export interface GeometryInput {
  readonly model: MatrixModel;
  readonly width: number;
  readonly height: number;
  /** The height it could have. */
  readonly room: number;
  /** The root's font size by 14. */
  readonly scale: number;
  /** The widest name, pixels. */
  readonly subjectWidth: number;
  readonly observerWidth: number;
}

/** Cells as large as the place allows, within bounds: few observers are not lost on a large screen. */
export function geometryOf(input: GeometryInput): Geometry {
  const { model, width, height, room: heightRoom, scale, subjectWidth, observerWidth } = input;
  const labelWidth = Math.round(
    Math.min(subjectWidth + PADDING.label * scale, Math.max(width * 0.42, 96 * scale), 300 * scale),
  );
  const columns = Math.max(1, model.observers.length);
  const room = (width - labelWidth - 8) / columns;
  const columnWidth = Math.floor(Math.min(Math.max(room, CELL.min * scale), CELL.maxWidth * scale));
  const isUpright =
    columnWidth < Math.min(observerWidth + PADDING.head * scale, CELL.maxWidth * scale * 0.95);
  const headHeight = Math.round(
    isUpright ? Math.min(observerWidth + PADDING.head * scale, 190 * scale, heightRoom * 0.4) : 34 * scale,
  );
  const rows = Math.max(1, model.rows.length);
  const allRoom = (heightRoom - headHeight - 8) / rows;
  const sharedRoom = allRoom - (LANES_HEIGHT * scale) / rows;
  const rowRoom = sharedRoom >= CELL.comfortable * scale ? sharedRoom : allRoom;
  const rowHeight = Math.floor(Math.min(Math.max(rowRoom, CELL.min * scale), CELL.maxHeight * scale));
  const hasWords = columnWidth >= CELL.wordWidth * scale;
  return { width, height, labelWidth, headHeight, columnWidth, rowHeight, isUpright, hasWords };
}

/** How large the whole matrix is. */
export function extent(
  geometry: Geometry,
  model: MatrixModel,
): { readonly width: number; readonly height: number } {
  return {
    width: geometry.labelWidth + model.observers.length * geometry.columnWidth + 8,
    height: geometry.headHeight + model.rows.length * geometry.rowHeight + 8,
  };
}

/** What lies at a point of the view; null beside all cells. */
export function placeAt(
  geometry: Geometry,
  model: MatrixModel,
  point: { readonly x: number; readonly y: number },
  scroll: { readonly left: number; readonly top: number },
): Place | null {
  if (point.y < geometry.headHeight) return null;
  const row = Math.floor((point.y - geometry.headHeight + scroll.top) / geometry.rowHeight);
  if (row >= model.rows.length) return null;
  if (point.x < geometry.labelWidth) return { row, column: -1 };
  const column = Math.floor((point.x - geometry.labelWidth + scroll.left) / geometry.columnWidth);
  return column >= model.observers.length ? null : { row, column };
}

/** The scroll position nearest to the present one at which a place is wholly seen. */
export function scrolledTo(
  geometry: Geometry,
  place: Place,
  scroll: { readonly left: number; readonly top: number },
): { readonly left: number; readonly top: number } {
  const roomY = geometry.height - geometry.headHeight;
  const y = place.row * geometry.rowHeight;
  const top = Math.min(Math.max(scroll.top, y + geometry.rowHeight - roomY), y);
  if (place.column < 0) return { left: scroll.left, top };
  const roomX = geometry.width - geometry.labelWidth;
  const x = place.column * geometry.columnWidth;
  return { left: Math.min(Math.max(scroll.left, x + geometry.columnWidth - roomX), x), top };
}
