/** Where the panes stand: the stage 16:9 and as large as it can be, the others small beside it or, on a phone, below. */

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Geometry {
  readonly stage: Rect;
  readonly side: readonly Rect[];
  /** What is left beside the stage for the chapters; null where they have to stand elsewhere. */
  readonly chapters: Rect | null;
  /** All of it together. */
  readonly height: number;
}

const GAP = 8;
const NARROW_BELOW = 720;
const SIDE_LEAST = 240;
/** Fewer pixels show too few chapters. */
const CHAPTERS_LEAST = 120;
const CHAPTERS_GOOD = 210;

function tall(width: number): number {
  return Math.round((width * 9) / 16);
}

/** `width` x `height` pixels for the stage and `count` others. A narrow page grows as tall as it needs. */
export function geometry(width: number, height: number, count: number): Geometry {
  return width < NARROW_BELOW ? below(width, count) : beside(width, height, count);
}

/** Boxes of equal size in rows of `columns`, the first row at `top`. */
function rows(left: number, top: number, width: number, columns: number, count: number): Rect[] {
  const each = Math.floor((width - GAP * (columns - 1)) / columns);
  return Array.from({ length: count }, (_, index) => ({
    left: left + (index % columns) * (each + GAP),
    top: top + Math.floor(index / columns) * (tall(each) + GAP),
    width: each,
    height: tall(each),
  }));
}

function bottom(rects: readonly Rect[], least: number): number {
  return rects.reduce((lowest, rect) => Math.max(lowest, rect.top + rect.height), least);
}

function below(width: number, count: number): Geometry {
  const stage = { left: 0, top: 0, width, height: tall(width) };
  const columns = Math.min(4, Math.max(3, count));
  const side = rows(0, stage.height + GAP, width, columns, count);
  return { stage, side, chapters: null, height: bottom(side, stage.height) };
}

function beside(width: number, height: number, count: number): Geometry {
  const stageWidth = Math.max(200, Math.min(width - SIDE_LEAST - GAP, Math.floor((height * 16) / 9)));
  const stage = { left: 0, top: 0, width: stageWidth, height: Math.min(height, tall(stageWidth)) };
  const left = stageWidth + GAP;
  const sideWidth = width - left;
  for (const columns of [2, 3]) {
    const side = column(left, sideWidth, height, columns, count);
    const room = height - bottom(side, 0) - GAP;
    if (room >= CHAPTERS_GOOD || columns === 3) {
      const chapters = { left, top: height - room, width: sideWidth, height: room };
      return { stage, side, chapters: room >= CHAPTERS_LEAST ? chapters : null, height };
    }
  }
  throw new Error('three columns always fit');
}

/** The first over the whole width, the others below it in rows; all smaller where the column is low. */
function column(left: number, width: number, height: number, columns: number, count: number): Rect[] {
  if (count === 0) return [];
  const fits = Math.min(width, Math.floor((height * 0.55 * 16) / 9));
  const first = { left, top: 0, width: fits, height: tall(fits) };
  return [first, ...rows(left, first.height + GAP, fits, columns, count - 1)];
}
