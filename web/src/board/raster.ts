/**
 * Fills shapes into pixels by exact area coverage, in plain arithmetic: the same pixels in every browser, with and without a
 * graphics card, and in less time than a canvas takes for thousands of curved paths in software.
 *
 * Signed areas are accumulated cell by cell and summed along each row (the method of font rasterizers such as FreeType and
 * stb_truetype 2). Where a shape covers itself the sum is cut at full coverage, which is the nonzero rule.
 */
import type { Box, InkPath } from '@/board/ink';

/** Cells are looked after in runs of 4, noted in words of 32 runs, so that what a shape does not touch costs nothing. */
const RUN_BITS = 2;
const RUN = 1 << RUN_BITS;
const WORD_BITS = 5;
const WORD = 1 << WORD_BITS;
/** Full coverage of a cell. */
const FULL = 255;
/** Less is nothing: what adding fractions that cancel out may leave behind. */
const NOTHING = 0.25;
/** How far, in pixels, a curve may be from the lines that stand for it. */
const FLATNESS = 0.1;
/** Two of a pixel's four bytes, with a free byte above each. */
const PAIR = 0x00ff00ff;

/** A rectangle of whole pixels; right and bottom are outside. */
export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The pixels of `box`, which is in board units, on a bitmap of `width` x `height`. */
export function pixelBox(box: Box, scale: number, width: number, height: number): PixelBox {
  return {
    left: Math.max(0, Math.floor(box.left * scale)),
    top: Math.max(0, Math.floor(box.top * scale)),
    right: Math.min(width, Math.ceil(box.right * scale)),
    bottom: Math.min(height, Math.ceil(box.bottom * scale)),
  };
}

export class Raster implements InkPath {
  /** One pixel a word: red in the lowest byte, then green, blue, alpha; not premultiplied, as ImageData has them. */
  readonly pixels: Uint32Array<ArrayBuffer>;
  readonly #width: number;
  readonly #scale: number;
  /** Coverage that begins at each cell of the shape's box; all zero between two shapes. */
  #cells = new Float32Array(0);
  /** A bit for each run: any of its cells may be other than zero. */
  #touched = new Int32Array(0);
  #left = 0;
  #top = 0;
  #rows = 0;
  /** Of one row. */
  #words = 0;
  #startX = 0;
  #startY = 0;
  #x = 0;
  #y = 0;

  /** width, height: in pixels; scale: pixels per unit of the shapes' coordinates. */
  constructor(width: number, height: number, scale: number) {
    this.pixels = new Uint32Array(width * height);
    this.#width = width;
    this.#scale = scale;
  }

  /** Makes the pixels of `box` transparent. */
  clear({ left, top, right, bottom }: PixelBox): void {
    for (let row = top; row < bottom; row += 1)
      this.pixels.fill(0, row * this.#width + left, row * this.#width + right);
  }

  /** Begins a shape; all of it that can be seen lies in `box`. */
  begin(box: PixelBox): void {
    this.#left = box.left;
    this.#top = box.top;
    this.#rows = box.bottom - box.top;
    // At least one column more than there are pixels: it takes what lies to the right of them.
    this.#words = ((box.right - box.left) >> (RUN_BITS + WORD_BITS)) + 1;
    const words = this.#rows * this.#words;
    if (words <= this.#touched.length) return;
    this.#cells = new Float32Array(words << (RUN_BITS + WORD_BITS));
    this.#touched = new Int32Array(words);
  }

  moveTo(x: number, y: number): void {
    this.#x = this.#startX = x * this.#scale - this.#left;
    this.#y = this.#startY = y * this.#scale - this.#top;
  }

  lineTo(x: number, y: number): void {
    this.#line(x * this.#scale - this.#left, y * this.#scale - this.#top);
  }

  quadraticCurveTo(cornerX: number, cornerY: number, x: number, y: number): void {
    const x0 = this.#x;
    const y0 = this.#y;
    const x1 = cornerX * this.#scale - this.#left;
    const y1 = cornerY * this.#scale - this.#top;
    const x2 = x * this.#scale - this.#left;
    const y2 = y * this.#scale - this.#top;
    const bend = Math.abs(x0 - 2 * x1 + x2) + Math.abs(y0 - 2 * y1 + y2);
    const parts = Math.ceil(Math.sqrt(bend / (4 * FLATNESS)));
    for (let part = 1; part < parts; part += 1) {
      const t = part / parts;
      const s = 1 - t;
      this.#line(s * s * x0 + 2 * s * t * x1 + t * t * x2, s * s * y0 + 2 * s * t * y1 + t * t * y2);
    }
    this.#line(x2, y2);
  }

  closePath(): void {
    this.#line(this.#startX, this.#startY);
  }

  /** Paints the shape, where it lies within `clip`; colour: `#rrggbb`. */
  fill(colour: string, clip: PixelBox): void {
    const code = Number.parseInt(colour.slice(1), 16);
    const ink = ((code & 0xff) << 16) | (code & 0xff00) | (code >> 16);
    for (let row = 0, word = 0; row < this.#rows; row += 1) {
      const y = this.#top + row;
      const from = y < clip.top || y >= clip.bottom ? clip.right : clip.left;
      let sum = 0;
      for (let column = 0; column < this.#words; column += 1, word += 1) {
        const touched = this.#touched[word] as number;
        this.#touched[word] = 0;
        for (let run = 0; run < WORD; run += 1) {
          if (sum < NOTHING && sum > -NOTHING) {
            const coming = touched >>> run;
            if (coming === 0) break;
            run += 31 - Math.clz32(coming & -coming);
          }
          const x = this.#left + (((column << WORD_BITS) + run) << RUN_BITS);
          sum = this.#fillRun((word << WORD_BITS) + run, sum, x, y, ink, from, clip.right);
        }
      }
    }
  }

  /** Paints one run of cells, from pixel `x` on, as far as it is within left..right; returns the sum after it. */
  #fillRun(run: number, before: number, x: number, y: number, ink: number, left: number, right: number): number {
    const cells = this.#cells;
    const place = y * this.#width + x;
    let sum = before;
    for (let each = 0, cell = run << RUN_BITS; each < RUN; each += 1, cell += 1) {
      sum += cells[cell] as number;
      cells[cell] = 0;
      const cover = Math.min(FULL, ((sum < 0 ? -sum : sum) + 0.5) | 0);
      if (cover > 0 && x + each >= left && x + each < right) blend(this.pixels, place + each, ink, cover);
    }
    return sum;
  }

  /** An edge from where the path is, in pixels of the box; row by row. */
  #line(toX: number, toY: number): void {
    const fromX = this.#x;
    const fromY = this.#y;
    this.#x = toX;
    this.#y = toY;
    if (fromY === toY) return;
    const down = fromY < toY;
    const top = down ? fromY : toY;
    const bottom = Math.min(down ? toY : fromY, this.#rows);
    const slope = (toX - fromX) / (toY - fromY);
    const full = down ? FULL : -FULL;
    let y = Math.max(top, 0);
    let x = (down ? fromX : toX) + (y - top) * slope;
    while (y < bottom) {
      const row = y | 0;
      const next = Math.min(row + 1, bottom);
      const nextX = x + (next - y) * slope;
      this.#cover(row, Math.min(x, nextX), Math.max(x, nextX), (next - y) * full);
      y = next;
      x = nextX;
    }
  }

  /** An edge within one row, from `left` to `right`: everything to the right of it is covered by `cover` more. */
  #cover(row: number, left: number, right: number, cover: number): void {
    const first = Math.floor(left);
    if (right <= first + 1) {
      const beyond = cover * ((left + right) / 2 - first);
      this.#add(row, first, cover - beyond);
      this.#add(row, first + 1, beyond);
      return;
    }
    // Area to the right of the edge within each cell, from the share of the edge before that cell's right side.
    const perCell = cover / (right - left);
    let before = 0;
    let from = left;
    let cell = first;
    for (; cell < right; cell += 1) {
      const to = Math.min(cell + 1, right);
      const part = perCell * (to - from);
      const area = part * (cell + 1 - (from + to) / 2);
      this.#add(row, cell, before + area);
      before = part - area;
      from = to;
    }
    this.#add(row, cell, before);
  }

  #add(row: number, column: number, cover: number): void {
    const columns = this.#words << (RUN_BITS + WORD_BITS);
    const cell = row * columns + (column < 0 ? 0 : column >= columns ? columns - 1 : column);
    const run = cell >> RUN_BITS;
    const word = run >> WORD_BITS;
    this.#cells[cell] = (this.#cells[cell] as number) + cover;
    this.#touched[word] = (this.#touched[word] as number) | (1 << (run & (WORD - 1)));
  }
}

/** Lays ink of this coverage (1..255) over a pixel. */
function blend(pixels: Uint32Array, place: number, ink: number, cover: number): void {
  const under = pixels[place] as number;
  if (cover === FULL || under === 0) {
    pixels[place] = (cover << 24) | ink;
    return;
  }
  const alpha = under >>> 24;
  if (alpha !== FULL) {
    pixels[place] = blendThin(under, alpha, ink, cover);
    return;
  }
  const rest = FULL - cover;
  const redBlue = byFull(Math.imul(ink & PAIR, cover) + Math.imul(under & PAIR, rest));
  const green = byFull(Math.imul((ink >> 8) & 0xff, cover) + Math.imul((under >> 8) & 0xff, rest));
  pixels[place] = (FULL << 24) | (green << 8) | redBlue;
}

/** Each half of `pair` divided by 255 and rounded. */
function byFull(pair: number): number {
  const half = (pair >>> 0) + 0x00800080;
  return ((half + ((half >>> 8) & PAIR)) >>> 8) & PAIR;
}

/** The same over a pixel that is itself not opaque. */
function blendThin(under: number, alpha: number, ink: number, cover: number): number {
  const rest = (alpha * (FULL - cover)) / FULL;
  const all = cover + rest;
  const share = cover / all;
  const red = (under & 0xff) + ((ink & 0xff) - (under & 0xff)) * share + 0.5;
  const green = ((under >> 8) & 0xff) + (((ink >> 8) & 0xff) - ((under >> 8) & 0xff)) * share + 0.5;
  const blue = ((under >> 16) & 0xff) + (((ink >> 16) & 0xff) - ((under >> 16) & 0xff)) * share + 0.5;
  return ((all + 0.5) << 24) | (blue << 16) | (green << 8) | red;
}
