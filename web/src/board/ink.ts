/**
 * The shape of a stroke: perfect-freehand's outline of its points, filled.
 *
 * Pure and deterministic: the same points give the same path in every browser, whoever drew them. A pointer without
 * pressure has its pressure simulated once, by its author (`simulatedPressure`), and sent; nobody simulates it again.
 * A renderer outside the browser must use the same `STROKE_OPTIONS` and the same smoothing through midpoints.
 */
import { getStroke } from 'perfect-freehand';

/** How pressure becomes breadth: at pressure p of 0..1 the diameter is size * (1 - THINNING + 2 * THINNING * p). */
const THINNING = 0.6;

export const STROKE_OPTIONS = { thinning: THINNING, smoothing: 0.5, streamline: 0.35, simulatePressure: false };

/** perfect-freehand's size, the diameter at half pressure, of a pen whose diameter at full pressure is `width`. */
export function sizeOf(width: number): number {
  return width / (1 + THINNING);
}

/** Distances on the outline, in board units (a pixel of a 1920 wide board is 5): nearer vertices are dropped, */
const NEAR = 5;
/** and shorter edges drawn straight. */
const STRAIGHT = 14;

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The outline polygon in board units; `points` are x, y, pressure 0..255 in turn, `width` the diameter at full pressure. */
export function outline(points: readonly number[], width: number, finished = true): [number, number][] {
  const input: number[][] = [];
  for (let i = 0; i + 2 < points.length; i += 3) {
    input.push([points[i] as number, points[i + 1] as number, (points[i + 2] as number) / 255]);
  }
  return getStroke(input, { ...STROKE_OPTIONS, size: sizeOf(width), last: finished }) as [number, number][];
}

/** The outline as a path to fill (nonzero): a quadratic curve through the midpoints of its edges, straight where they are short. */
export function inkPath(points: readonly number[], width: number, finished = true): Path2D {
  const path = new Path2D();
  const ring = thinned(outline(points, width, finished));
  const first = ring[0];
  if (!first || ring.length < 3) return path;
  let [x, y] = first;
  path.moveTo(x, y);
  for (let i = 1; i < ring.length; i += 1) {
    const [cornerX, cornerY] = ring[i] as [number, number];
    const [nextX, nextY] = ring[(i + 1) % ring.length] as [number, number];
    const [toX, toY] = [(cornerX + nextX) / 2, (cornerY + nextY) / 2];
    if (Math.abs(toX - x) + Math.abs(toY - y) < STRAIGHT) path.lineTo(toX, toY);
    else path.quadraticCurveTo(cornerX, cornerY, toX, toY);
    [x, y] = [toX, toY];
  }
  path.closePath();
  return path;
}

/** The ring without vertices too near to the one before to be seen: caps and corners have many, and each costs time. */
function thinned(ring: readonly [number, number][]): [number, number][] {
  const kept: [number, number][] = [];
  let [lastX, lastY] = [Infinity, Infinity];
  for (const vertex of ring) {
    if (Math.abs(vertex[0] - lastX) + Math.abs(vertex[1] - lastY) < NEAR) continue;
    kept.push(vertex);
    [lastX, lastY] = vertex;
  }
  return kept;
}

/** A box in board units that holds all of the stroke's ink. */
export function inkBox(points: readonly number[], width: number): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 2 < points.length; i += 3) {
    const [x, y] = [points[i] as number, points[i + 1] as number];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return { left: left - width, top: top - width, right: right + width, bottom: bottom + width };
}

export function boxesMeet(a: Box, b: Box): boolean {
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}

export function boxAround(a: Box, b: Box): Box {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/**
 * The pressure (0..255) of a pointer that has none: fast is thin, slow is broad.
 *
 * previous: the last point's pressure; distance: from it, in board units; width: the pen's.
 */
export function simulatedPressure(previous: number, distance: number, width: number): number {
  const speed = Math.min(1, distance / (2 * width));
  const aim = 240 * (1 - 0.45 * speed);
  return Math.round(Math.min(255, Math.max(0, previous + (aim - previous) * 0.25 * (0.3 + speed))));
}
