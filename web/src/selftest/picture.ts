/** What a camera's pictures show, by value: bright or black, live or frozen, sharp or blurred. No picture leaves the page. */

/** A picture as luma, 0..255, row by row. */
export interface Luma {
  readonly width: number;
  readonly height: number;
  readonly values: Uint8Array;
}

/** brightness, contrast: mean and standard deviation. sharpness: variance of the Laplacian over that of luma. */
export interface PictureFigures {
  readonly brightness: number;
  readonly contrast: number;
  readonly sharpness: number;
  readonly motion: number;
}

/** RGBA pixels as luma (ITU-R BT.601 weights). */
export function lumaOf(rgba: Uint8ClampedArray, width: number, height: number): Luma {
  const values = new Uint8Array(width * height);
  for (let at = 0; at < values.length; at++) {
    const pixel = at * 4;
    values[at] = 0.299 * (rgba[pixel] ?? 0) + 0.587 * (rgba[pixel + 1] ?? 0) + 0.114 * (rgba[pixel + 2] ?? 0) + 0.5;
  }
  return { width, height, values };
}

/** The figures of pictures taken one after another; null without any. Sharpness is the best picture's: hands move. */
export function figuresOf(pictures: readonly Luma[]): PictureFigures | null {
  const last = pictures.at(-1);
  if (!last) return null;
  const spread = spreadOf(last.values);
  let motion = 0;
  for (let at = 1; at < pictures.length; at++) {
    motion = Math.max(motion, difference((pictures[at - 1] as Luma).values, (pictures[at] as Luma).values));
  }
  return {
    brightness: round(spread.mean),
    contrast: round(Math.sqrt(spread.variance)),
    sharpness: round(Math.max(...pictures.map(sharpnessOf))),
    motion: round(motion),
  };
}

function sharpnessOf(picture: Luma): number {
  const { variance } = spreadOf(picture.values);
  return variance < 1 ? 0 : spreadOf(laplacian(picture)).variance / variance;
}

/** The 4-neighbour Laplacian of the inner pixels. */
function laplacian({ width, height, values }: Luma): Float32Array {
  const edges = new Float32Array(Math.max(0, (width - 2) * (height - 2)));
  let out = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      edges[out++] =
        4 * (values[at] as number) -
        (values[at - 1] as number) -
        (values[at + 1] as number) -
        (values[at - width] as number) -
        (values[at + width] as number);
    }
  }
  return edges;
}

function spreadOf(values: Uint8Array | Float32Array): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const count = Math.max(1, values.length);
  const mean = sum / count;
  return { mean, variance: Math.max(0, squares / count - mean * mean) };
}

function difference(one: Uint8Array, other: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += Math.abs((one[at] as number) - (other[at] ?? 0));
  return sum / Math.max(1, one.length);
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
