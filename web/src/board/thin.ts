/**
 * A finished stroke without the points that its shape does not need: a digitiser gives many more than are seen.
 *
 * Judged by what is drawn: the line through the kept points, smoothed as `board/ink.ts` smooths it, passes every place of
 * the line through all of them within TOLERANCE. So the stroke does not move under its writer's eyes when it is finished.
 */
import { STROKE_OPTIONS, sizeOf } from '@/board/ink';

/** Board units: less than a pixel (2.6) of a board 3840 pixels wide. */
export const TOLERANCE = 2.5;
/** Of 255: a fortieth of the pen's breadth. */
export const PRESSURE_TOLERANCE = 8;

/** perfect-freehand draws each point so far on the way from the one drawn before to where it is (getStrokePoints). */
const FOLLOWS = 0.15 + (1 - STROKE_OPTIONS.streamline) * 0.85;
/** A line through two points has no pressure of its own there. */
const LEAST_POINTS = 3;

/** Kept points after a long gap until the line has caught up; so far from it a new one changes what is drawn. */
const NEAR = 8;

const ENOUGH = TOLERANCE * TOLERANCE;

/** x, y in turn. */
type Line = readonly number[];

/** points: x, y, pressure in turn, drawn by a pen so broad; returns those kept, the first and the last among them, as they are. */
export function thinned(points: readonly number[], width: number): number[] {
  const count = points.length / 3;
  if (count <= LEAST_POINTS) return [...points];
  const every = Array.from({ length: count }, (_, at) => at);
  const all = drawn(points, every, width);
  const kept = new Set([0, count >> 1, count - 1]);
  // Where nothing was added nearby nothing has changed; the last look is at everything.
  for (let fresh: ReadonlySet<number> = kept, everywhere = true; ; everywhere = fresh.size === 0) {
    fresh = new Set(missed(points, width, all, kept, everywhere ? null : fresh));
    if (everywhere && fresh.size === 0) break;
    for (const at of fresh) kept.add(at);
  }
  return ordered(kept).flatMap((at) => points.slice(at * 3, at * 3 + 3));
}

/** The line that is drawn through some points: before each of them but the first, and at each, a corner. */
function drawn(points: readonly number[], at: readonly number[], width: number): Line {
  let [x, y] = [points[0] as number, points[1] as number];
  const followed: number[] = [x, y];
  let gone = 0;
  for (const [place, index] of at.entries()) {
    if (place === 0) continue;
    const last = place === at.length - 1;
    const follows = last ? 1 : FOLLOWS;
    const [toX, toY] = [points[index * 3] as number, points[index * 3 + 1] as number];
    const [nextX, nextY] = [x + (toX - x) * follows, y + (toY - y) * follows];
    gone += Math.hypot(nextX - x, nextY - y);
    // Nearer to the beginning than the pen is broad nothing is drawn but a straight line.
    if (last || gone >= sizeOf(width)) [x, y] = [nextX, nextY];
    followed.push(x, y);
  }
  return rounded(followed);
}

/** The line that quadratic curves through the middles of edges give: each corner is cut. */
function rounded(corners: Line): Line {
  const line: number[] = [];
  for (let at = 0; at < corners.length; at += 2) {
    for (const axis of [0, 1])
      if (at > 0) line.push(((corners[at - 2 + axis] as number) + (corners[at + axis] as number)) / 2);
    for (const axis of [0, 1]) {
      const corner = corners[at + axis] as number;
      const before = corners[at - 2 + axis] ?? corner;
      const after = corners[at + 2 + axis];
      line.push(at === 0 || after === undefined ? corner : (before + 6 * corner + after) / 8);
    }
  }
  return line;
}

/**
 * Of each stretch between two kept points the one to be kept as well, if what is drawn there is too far from all's.
 *
 * fresh: only stretches near one of these are looked at.
 */
function missed(
  points: readonly number[],
  width: number,
  all: Line,
  kept: ReadonlySet<number>,
  fresh: ReadonlySet<number> | null,
): number[] {
  const at = ordered(kept);
  const line = drawn(points, at, width);
  const missing: number[] = [];
  for (let stretch = 0; stretch + 1 < at.length; stretch += 1) {
    if (fresh && !at.slice(Math.max(0, stretch - NEAR), stretch + NEAR).some((index) => fresh.has(index))) continue;
    const [begin, end] = [at[stretch] as number, at[stretch + 1] as number];
    let [worst, most] = [-1, 1];
    for (let index = begin; index < end; index += 1) {
      const off = Math.max(
        distance(all, index, line, stretch) / TOLERANCE,
        pressureOff(points, index, begin, end) / PRESSURE_TOLERANCE,
      );
      if (off > most) [worst, most] = [index, off];
    }
    const more = worst < 0 ? null : nearestNotKept(worst, kept, points.length / 3);
    if (more !== null) missing.push(more);
  }
  return missing;
}

/** From where `all` has a point to the line, looked for about a stretch of it. */
function distance(all: Line, index: number, line: Line, stretch: number): number {
  const x = all[index * 4] as number;
  const y = all[index * 4 + 1] as number;
  let least = Infinity;
  const last = Math.min(line.length / 2 - 1, 2 * (stretch + NEAR));
  for (let at = Math.max(0, 2 * stretch - 2); at < last && least > ENOUGH; at += 1) {
    const fromX = line[at * 2] as number;
    const fromY = line[at * 2 + 1] as number;
    const alongX = (line[at * 2 + 2] as number) - fromX;
    const alongY = (line[at * 2 + 3] as number) - fromY;
    const square = alongX * alongX + alongY * alongY;
    const part = square === 0 ? 0 : ((x - fromX) * alongX + (y - fromY) * alongY) / square;
    const within = Math.min(1, Math.max(0, part));
    const [awayX, awayY] = [x - fromX - within * alongX, y - fromY - within * alongY];
    least = Math.min(least, awayX * awayX + awayY * awayY);
  }
  return Math.sqrt(least);
}

/** How far a point's pressure is from even growth between the ends of its stretch. */
function pressureOff(points: readonly number[], index: number, begin: number, end: number): number {
  const [from, to] = [points[begin * 3 + 2] as number, points[end * 3 + 2] as number];
  return Math.abs((points[index * 3 + 2] as number) - from - ((to - from) * (index - begin)) / (end - begin));
}

/** The line before a point decides as much as the point itself where it is drawn. */
function nearestNotKept(index: number, kept: ReadonlySet<number>, count: number): number | null {
  for (let away = 0; away < count; away += 1) {
    if (index - away >= 0 && !kept.has(index - away)) return index - away;
    if (index + away < count && !kept.has(index + away)) return index + away;
  }
  return null;
}

function ordered(kept: ReadonlySet<number>): number[] {
  return [...kept].sort((a, b) => a - b);
}
