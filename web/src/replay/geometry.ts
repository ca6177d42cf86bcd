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
const CHAPTERS_GOOD = 140;

function tall(width: number): number {
  return Math.round((width * 9) / 16);
}

/** A phone held upright: one below the other. */
export function isNarrow(width: number): boolean {
  return width < NARROW_BELOW;
}

/** `width` x `height` pixels for the stage and `count` others. A narrow page grows as tall as it needs. */
export function geometry(width: number, height: number, count: number): Geometry {
  return isNarrow(width) ? below(width, count) : beside(width, height, count);
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

/** How the column beside the stage may look: the first pane's share of the height, and the columns of the others. */
const COLUMNS: readonly (readonly [share: number, columns: number])[] = [
  [0.62, 2],
  [0.62, 3],
  [0.62, 4],
  [0.42, 3],
  [0.36, 4],
];

function beside(width: number, height: number, count: number): Geometry {
  const stageWidth = Math.max(200, Math.min(width - SIDE_LEAST - GAP, Math.floor((height * 16) / 9)));
  const stageHeight = Math.min(height, tall(stageWidth));
  const stage = { left: 0, top: Math.floor((height - stageHeight) / 2), width: stageWidth, height: stageHeight };
  const left = stageWidth + GAP;
  const sides = COLUMNS.filter(([, columns]) => columns === 4 || even(count - 1, columns)).map(([share, columns]) =>
    column({ left, top: 0, width: width - left, height }, share, columns, count),
  );
  const room = (side: readonly Rect[]): number => height - bottom(side, 0) - GAP;
  const side = sides.find((each) => room(each) >= CHAPTERS_GOOD) ?? sides.at(-1) ?? [];
  const free = room(side);
  const chapters = { left, top: height - free, width: width - left, height: free };
  return { stage, side, chapters: free >= CHAPTERS_LEAST ? chapters : null, height };
}

/** Rows of `columns` without one left alone in the last. */
function even(count: number, columns: number): boolean {
  return count % columns !== 1 || count === 1;
}

/** The first over the whole width, the others below it in rows; all smaller where the column is low. */
function column(field: Rect, share: number, columns: number, count: number): Rect[] {
  if (count === 0) return [];
  const fits = Math.min(field.width, Math.floor((field.height * share * 16) / 9));
  const first = { left: field.left, top: 0, width: fits, height: tall(fits) };
  return [first, ...rows(field.left, first.height + GAP, field.width, columns, count - 1)];
}
