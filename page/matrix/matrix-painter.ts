import { SIGNS, SIGN_STROKES } from '../status/signs.jsx';
import type { ShownStatus } from '../status/status.js';
import { STATUSES, classOf, labelOf } from '../status/status.js';
import { shortened, visible } from '../text/visible-text.js';
import type { Geometry } from './matrix-geometry.js';
import type { MatrixModel, Place } from './matrix-model.js';
import { cellAt } from './matrix-model.js';

/** The colours of the page's style sheet as the browser resolves them. */
export interface Palette {
  readonly surface: string;
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly hover: string;
  readonly chosen: string;
  readonly accent: string;
  readonly tiles: ReadonlyMap<ShownStatus, { readonly fill: string; readonly ink: string }>;
  /** CSS font families. */
  readonly font: string;
  readonly scale: number;
}

export interface Scene {
  readonly model: MatrixModel;
  readonly geometry: Geometry;
  readonly left: number;
  readonly top: number;
  /** Under the pointer. */
  readonly hover: Place | null;
  /** Where the keys are; null while the matrix has not the focus. */
  readonly active: Place | null;
  readonly chosen: string | null;
}

/** Texts whose shortened form is remembered. */
const MAX_TEXTS = 5000;

/** Paints what is in view, and nothing else: 1,000 subjects cost as much as 50. */
export class MatrixPainter {
  readonly #context: CanvasRenderingContext2D;
  readonly #tiles = new Map<string, HTMLCanvasElement>();
  readonly #texts = new Map<string, string>();
  #ratio = 1;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly palette: Palette,
  ) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('the browser gives no canvas');
    this.#context = context;
  }

  paint(scene: Scene): void {
    const { geometry, model } = scene;
    const context = this.#context;
    this.#resize(geometry);
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.fillStyle = this.palette.surface;
    context.fillRect(0, 0, geometry.width, geometry.height);

    const firstRow = Math.max(0, Math.floor(scene.top / geometry.rowHeight));
    const lastRow = Math.min(
      model.rows.length - 1,
      Math.floor((scene.top + geometry.height - geometry.headHeight) / geometry.rowHeight),
    );
    const firstColumn = Math.max(0, Math.floor(scene.left / geometry.columnWidth));
    const lastColumn = Math.min(
      model.observers.length - 1,
      Math.floor((scene.left + geometry.width - geometry.labelWidth) / geometry.columnWidth),
    );
    this.#paintBands(scene, firstRow, lastRow);
    this.#clipped(geometry.labelWidth, geometry.headHeight, geometry, () => {
      for (let row = firstRow; row <= lastRow; row += 1) {
        const y = geometry.headHeight + row * geometry.rowHeight - scene.top;
        for (let column = firstColumn; column <= lastColumn; column += 1) {
          const status = cellAt(model, row, column);
          if (status === null) continue;
          const x = geometry.labelWidth + column * geometry.columnWidth - scene.left;
          const tile = this.#tile(status, geometry.columnWidth, geometry.rowHeight, geometry.hasWords);
          context.drawImage(tile, x, y, geometry.columnWidth, geometry.rowHeight);
        }
      }
      if (scene.active !== null && scene.active.column >= 0) this.#paintFocus(scene, scene.active);
    });
    this.#clipped(0, geometry.headHeight, { ...geometry, width: geometry.labelWidth }, () => {
      for (let row = firstRow; row <= lastRow; row += 1) this.#paintLabel(scene, row);
      if (scene.active?.column === -1) this.#paintFocus(scene, scene.active);
    });
    this.#clipped(geometry.labelWidth, 0, { ...geometry, height: geometry.headHeight }, () => {
      for (let column = firstColumn; column <= lastColumn; column += 1) this.#paintObserver(scene, column);
    });
    context.fillStyle = this.palette.line;
    context.fillRect(0, geometry.headHeight - 1, geometry.width, 1);
    context.fillRect(geometry.labelWidth - 1, 0, 1, geometry.height);
  }

  #resize({ width, height }: Geometry): void {
    const ratio = window.devicePixelRatio || 1;
    this.#ratio = ratio;
    const wanted = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    if (this.canvas.width === wanted.width && this.canvas.height === wanted.height) return;
    this.canvas.width = wanted.width;
    this.canvas.height = wanted.height;
  }

  /** The row and the column that are meant lie on bands. */
  #paintBands(scene: Scene, firstRow: number, lastRow: number): void {
    const { geometry, model } = scene;
    const context = this.#context;
    for (let row = firstRow; row <= lastRow; row += 1) {
      const isChosen = model.rows[row]?.subject === scene.chosen;
      const isMeant = row === scene.hover?.row || row === scene.active?.row;
      if (!isChosen && !isMeant) continue;
      context.fillStyle = isChosen ? this.palette.chosen : this.palette.hover;
      const y = geometry.headHeight + row * geometry.rowHeight - scene.top;
      context.fillRect(0, y, geometry.width, geometry.rowHeight);
    }
    for (const column of [scene.hover?.column, scene.active?.column]) {
      if (column === undefined || column < 0) continue;
      const x = geometry.labelWidth + column * geometry.columnWidth - scene.left;
      if (x < geometry.labelWidth - geometry.columnWidth) continue;
      context.fillStyle = this.palette.hover;
      context.fillRect(Math.max(x, geometry.labelWidth), 0, geometry.columnWidth, geometry.height);
    }
  }

  #paintFocus({ geometry, left, top }: Scene, { row, column }: Place): void {
    const context = this.#context;
    const y = geometry.headHeight + row * geometry.rowHeight - top;
    const x = column < 0 ? 0 : geometry.labelWidth + column * geometry.columnWidth - left;
    const width = column < 0 ? geometry.labelWidth : geometry.columnWidth;
    context.beginPath();
    context.roundRect(x + 1, y + 1, width - 2, geometry.rowHeight - 2, 5);
    // A light edge inside, so that the ring is seen on every colour.
    for (const [colour, lineWidth] of [
      [this.palette.surface, 5] as const,
      [this.palette.accent, 2.5] as const,
    ]) {
      context.strokeStyle = colour;
      context.lineWidth = lineWidth;
      context.stroke();
    }
  }

  #paintLabel({ geometry, model, top }: Scene, row: number): void {
    const { scale } = this.palette;
    const entry = model.rows[row];
    if (entry === undefined) return;
    const size = 20 * scale;
    const y = geometry.headHeight + row * geometry.rowHeight - top;
    const tile = this.#tile(entry.status, size, size, false);
    this.#context.drawImage(tile, 8 * scale, y + (geometry.rowHeight - size) / 2, size, size);
    this.#text(13, entry.status === 'HEALTHY' || entry.status === 'NA' ? 400 : 600);
    const room = geometry.labelWidth - 40 * scale;
    this.#context.fillText(this.#fitted(entry.subject, room), 34 * scale, y + geometry.rowHeight / 2 + 1);
  }

  #paintObserver({ geometry, model, left, hover, active }: Scene, column: number): void {
    const { scale } = this.palette;
    const context = this.#context;
    const x = geometry.labelWidth + (column + 0.5) * geometry.columnWidth - left;
    const isMeant = column === hover?.column || column === active?.column;
    this.#text(12, isMeant ? 600 : 400);
    if (!isMeant) context.fillStyle = this.palette.quiet;
    const name = model.observers[column] ?? '';
    if (!geometry.isUpright) {
      context.textAlign = 'center';
      context.fillText(this.#fitted(name, geometry.columnWidth - 8), x, geometry.headHeight / 2);
      return;
    }
    context.save();
    context.translate(x, geometry.headHeight - 8 * scale);
    context.rotate(-Math.PI / 2);
    context.fillText(this.#fitted(name, geometry.headHeight - 14 * scale), 0, 1);
    context.restore();
  }

  #text(size: number, weight: number): void {
    const context = this.#context;
    context.font = `${weight} ${size * this.palette.scale}px ${this.palette.font}`;
    context.fillStyle = this.palette.ink;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
  }

  /** Isolated, so that a name from right to left does not turn what stands beside it. */
  #fitted(name: string, room: number): string {
    const key = `${this.#context.font} ${Math.round(room)} ${name}`;
    let text = this.#texts.get(key);
    if (text !== undefined) return text;
    const whole = visible(name);
    let length = Array.from(whole).length;
    text = whole;
    while (length > 3 && this.#context.measureText(text).width > room) {
      length = Math.max(
        3,
        Math.min(length - 1, Math.floor((length * room) / this.#context.measureText(text).width)),
      );
      text = shortened(whole, length);
    }
    text = `\u2068${text}\u2069`;
    if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
    this.#texts.set(key, text);
    return text;
  }

  #clipped(
    x: number,
    y: number,
    { width, height }: { readonly width: number; readonly height: number },
    paint: () => void,
  ): void {
    this.#context.save();
    this.#context.beginPath();
    this.#context.rect(x, y, width - x, height - y);
    this.#context.clip();
    paint();
    this.#context.restore();
  }

  /** Each tile is drawn once and then copied. */
  #tile(status: ShownStatus, width: number, height: number, hasWord: boolean): HTMLCanvasElement {
    const key = `${status} ${width} ${height} ${hasWord} ${this.#ratio}`;
    let tile = this.#tiles.get(key);
    if (tile === undefined) {
      if (this.#tiles.size > 8 * STATUSES.length) this.#tiles.clear();
      tile = this.#drawTile(status, width, height, hasWord);
      this.#tiles.set(key, tile);
    }
    return tile;
  }

  #drawTile(status: ShownStatus, width: number, height: number, hasWord: boolean): HTMLCanvasElement {
    const { scale, tiles, font } = this.palette;
    const tile = document.createElement('canvas');
    tile.width = Math.ceil(width * this.#ratio);
    tile.height = Math.ceil(height * this.#ratio);
    const context = tile.getContext('2d');
    const colours = tiles.get(status);
    if (context === null || colours === undefined) return tile;
    context.scale(this.#ratio, this.#ratio);
    const gap = 1.5 * scale;
    context.fillStyle = colours.fill;
    context.beginPath();
    context.roundRect(gap, gap, width - 2 * gap, height - 2 * gap, 4.5 * scale);
    context.fill();

    const size = Math.min(16 * scale, height - 2 * gap);
    const x = hasWord ? 9 * scale : (width - size) / 2;
    context.save();
    context.translate(x, (height - size) / 2);
    context.scale(size / 16, size / 16);
    context.strokeStyle = colours.ink;
    context.lineWidth = SIGN_STROKES[status];
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.stroke(new Path2D(SIGNS[status]));
    context.restore();
    if (!hasWord) return tile;
    context.font = `500 ${12 * scale}px ${font}`;
    context.fillStyle = colours.ink;
    context.textBaseline = 'middle';
    context.fillText(labelOf(status), x + size + 5 * scale, height / 2 + 1);
    return tile;
  }
}

/** Reads the colours off elements that have them, as variables may hold any expression. */
export function paletteOf(probe: HTMLElement): Palette {
  const colourOf = (name: string, property: 'color' | 'backgroundColor'): string => {
    probe.className = name;
    return getComputedStyle(probe)[property];
  };
  const palette: Palette = {
    surface: colourOf('probe-surface', 'backgroundColor'),
    ink: colourOf('probe-ink', 'color'),
    quiet: colourOf('probe-quiet', 'color'),
    line: colourOf('probe-line', 'backgroundColor'),
    hover: colourOf('probe-hover', 'backgroundColor'),
    chosen: colourOf('probe-chosen', 'backgroundColor'),
    accent: colourOf('probe-accent', 'color'),
    tiles: new Map(
      STATUSES.map((status) => {
        const name = `sign ${classOf(status)}`;
        return [status, { fill: colourOf(name, 'backgroundColor'), ink: colourOf(name, 'color') }];
      }),
    ),
    font: getComputedStyle(probe).fontFamily,
    scale: parseFloat(getComputedStyle(document.documentElement).fontSize) / 14,
  };
  probe.className = '';
  return palette;
}
