/**
 * When each stroke began. The log holds a stroke once, at its end; how long it took is not in it, so it is judged from
 * its points (pens report about a hundred a second) and its length, and never reaches back into the same hand's last act.
 */
import type { Logged, Points, StrokeDrawn } from '@/signaling/wire.gen';

export interface TimedStroke {
  /** Lesson time, as `Logged.at`. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly by: string;
  readonly stroke: StrokeDrawn;
}

const MS_PER_POINT = 9;
/** Fast writing covers a third of the board's width in a second. */
const UNITS_PER_MS = 3.3;
const SHORTEST_MS = 120;
const LONGEST_MS = 4000;
/** A hand is lifted at least this long between two strokes. */
const LIFTED_MS = 60;

export function strokeLength(points: Points): number {
  let length = 0;
  for (let at = 3; at + 1 < points.length; at += 3) {
    const [x0, y0, x1, y1] = [points[at - 3], points[at - 2], points[at], points[at + 1]] as [
      number,
      number,
      number,
      number,
    ];
    length += Math.hypot(x1 - x0, y1 - y0);
  }
  return length;
}

function judged(points: Points): number {
  const byPoints = (points.length / 3) * MS_PER_POINT;
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, byPoints, strokeLength(points) / UNITS_PER_MS));
}

/** Every stroke of the log in the order of its end. */
export function timedStrokes(log: readonly Logged[]): TimedStroke[] {
  const freeFrom = new Map<string, number>();
  const found: TimedStroke[] = [];
  for (const { at, by, event } of log) {
    if (event.type !== 'stroke_drawn') continue;
    const earliest = (freeFrom.get(by) ?? Number.NEGATIVE_INFINITY) + LIFTED_MS;
    const fromMs = Math.min(at, Math.max(at - judged(event.points), earliest));
    found.push({ fromMs, toMs: at, by, stroke: event });
    freeFrom.set(by, at);
  }
  return found;
}

/** The strokes under way at lesson time `atMs`: begun, not yet ended. */
export function underWay(strokes: readonly TimedStroke[], atMs: number): TimedStroke[] {
  let [low, high] = [0, strokes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((strokes[middle] as TimedStroke).toMs <= atMs) low = middle + 1;
    else high = middle;
  }
  const found: TimedStroke[] = [];
  // Strokes are in order of their ends and none is longer than LONGEST_MS, so the search is short.
  for (let index = low; index < strokes.length; index += 1) {
    const stroke = strokes[index] as TimedStroke;
    if (stroke.toMs > atMs + LONGEST_MS) break;
    if (stroke.fromMs <= atMs) found.push(stroke);
  }
  return found;
}

/** The points drawn by `atMs`, at least the first. */
export function drawnBy(timed: TimedStroke, atMs: number): Points {
  const { points } = timed.stroke;
  const share = (atMs - timed.fromMs) / Math.max(1, timed.toMs - timed.fromMs);
  const count = Math.max(1, Math.ceil((points.length / 3) * Math.min(1, Math.max(0, share))));
  return points.slice(0, count * 3);
}
