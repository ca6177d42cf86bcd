/**
 * Does the camera stand on its head? Pixels do not tell where down is: a face finder sees empty rooms, brightness from
 * above fails at windows and lamps. What does tell is the room itself. The first picture a camera shows in a self-test
 * is kept as 16 x 9 mean brightnesses, in this browser alone: too little to see anybody in. A later picture that is
 * like it only after half a turn is upside down.
 */
import type { Luma } from './picture';

const COLUMNS = 16;
const ROWS = 9;
export const CELLS = COLUMNS * ROWS;
/** Flatter pictures (dark, a covered lens, a bare wall) say nothing. */
const SPREAD_AT_LEAST = 6;
const KEPT_AS = 'tongke.camera';

/** Mean brightness of each cell, row by row; null for a picture too flat to tell anything. */
export function fingerprintOf({ width, height, values }: Luma): number[] | null {
  const sums = new Float64Array(CELLS);
  const counts = new Float64Array(CELLS);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * ROWS) / height) * COLUMNS;
    for (let x = 0; x < width; x++) {
      const cell = row + Math.floor((x * COLUMNS) / width);
      sums[cell] = (sums[cell] as number) + (values[y * width + x] as number);
      counts[cell] = (counts[cell] as number) + 1;
    }
  }
  const means = Array.from(sums, (sum, cell) => Math.round(sum / Math.max(1, counts[cell] as number)));
  return spread(means) < SPREAD_AT_LEAST ? null : means;
}

/** What is kept of a camera. doubted: a test by hand said that it is upside down, and nobody has answered yet. */
export interface Kept {
  readonly cells: readonly number[];
  readonly doubted: boolean;
}

/** What a test says of it, and what is kept from now on. */
export interface Standing {
  readonly upright: number | null;
  readonly turned: number | null;
  readonly keep: Kept;
}

/** Under this likeness both ways it is another scene: the camera was moved, or the room arranged anew. */
const ANOTHER = 0.4;
/** As the server judges it (server/devices/verdict.py). */
const TURNED = 0.5;
const MARGIN = 0.3;

/**
 * How a picture stands against the one kept; without one, or of another scene, it is kept and nothing is said.
 *
 * The first picture may have been the wrong one. So a person who starts the test, is told that the picture is upside
 * down, sees that it is not and starts the test again is believed. A test that runs by itself never changes its mind.
 */
export function standing(now: readonly number[], kept: Kept | null, by: 'hand' | 'itself'): Standing {
  const fresh: Standing = { upright: null, turned: null, keep: { cells: now, doubted: false } };
  if (kept === null) return fresh;
  const upright = likeness(now, kept.cells);
  const turned = likeness([...now].reverse(), kept.cells);
  if (Math.max(upright, turned) < ANOTHER) return fresh;
  const overhead = turned > TURNED && turned - upright > MARGIN;
  if (overhead && kept.doubted && by === 'hand') return fresh;
  return { upright, turned, keep: { cells: kept.cells, doubted: overhead && (kept.doubted || by === 'hand') } };
}

/** Pearson's correlation, -1 to 1: how bright the room is, and how strong its light, do not matter. */
function likeness(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [mean(one), mean(other)];
  let product = 0;
  for (let at = 0; at < one.length; at++) product += ((one[at] as number) - a) * ((other[at] as number) - b);
  const scale = spread(one) * spread(other) * one.length;
  return scale > 0 ? Math.max(-1, Math.min(1, Math.round((product / scale) * 1000) / 1000)) : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function spread(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length));
}

/** What is kept of this screen's camera, over power cuts; null without anything, or where storage is blocked. */
export function keptHere(): Kept | null {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT_AS) ?? 'null') as Partial<Kept> | null;
    const whole = found?.cells?.length === CELLS && found.cells.every((one) => typeof one === 'number');
    return whole ? { cells: found?.cells ?? [], doubted: found?.doubted === true } : null;
  } catch {
    return null;
  }
}

export function keepHere(kept: Kept): void {
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(kept));
  } catch {
    // Storage is blocked: nothing is ever compared.
  }
}
