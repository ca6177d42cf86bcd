// @vitest-environment node
import { resolve } from 'node:path';
import { getStrokePoints } from 'perfect-freehand';
import { expect, test } from 'vitest';
import { outline, STROKE_OPTIONS, sizeOf } from '@/board/ink';
import { PRESSURE_TOLERANCE, thinned } from '@/board/thin';
import { handwriting } from './handwriting';

const WIDTH = 40;
type Line = readonly (readonly [number, number])[];

function triples(points: readonly number[]): number[][] {
  return Array.from({ length: points.length / 3 }, (_, at) => points.slice(at * 3, at * 3 + 3));
}

/** The line in the middle of what is drawn: as the library follows the points, its corners cut as `inkPath` cuts them. */
function middle(points: readonly number[]): Line {
  const input = triples(points).map(([x, y, pressure]) => [x as number, y as number, (pressure as number) / 255]);
  const options = { ...STROKE_OPTIONS, size: sizeOf(WIDTH), last: true };
  const corners = getStrokePoints(input, options).map(({ point }) => point as [number, number]);
  return corners.flatMap((corner, at) => {
    const [before, after] = [corners[at - 1], corners[at + 1]];
    if (!before || !after) return [corner];
    return [0, 0.25, 0.5, 0.75, 1].map((part) => curve(half(before, corner), corner, half(corner, after), part));
  });
}

function half(a: Line[number], b: Line[number]): Line[number] {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

function curve(from: Line[number], corner: Line[number], to: Line[number], part: number): Line[number] {
  const [a, b, c] = [(1 - part) ** 2, 2 * part * (1 - part), part ** 2];
  return [a * from[0] + b * corner[0] + c * to[0], a * from[1] + b * corner[1] + c * to[1]];
}

/** The largest distance of a place of `line` to `other`. */
function farthest(line: Line, other: Line): number {
  return Math.max(
    ...line.map((place) => Math.min(...other.slice(1).map((to, at) => away(place, other[at] ?? to, to)))),
  );
}

function away([x, y]: Line[number], from: Line[number], to: Line[number]): number {
  const [alongX, alongY] = [to[0] - from[0], to[1] - from[1]];
  const square = alongX * alongX + alongY * alongY;
  const part = square === 0 ? 0 : ((x - from[0]) * alongX + (y - from[1]) * alongY) / square;
  const within = Math.min(1, Math.max(0, part));
  return Math.hypot(x - from[0] - within * alongX, y - from[1] - within * alongY);
}

/** A pixel of a board 3840 and 1920 pixels wide. */
const [FINE_PIXEL, PIXEL] = [10_000 / 3_840, 10_000 / 1_920];

test.each([60, 120, 240])(
  'handwriting seen %i times a second stays where it was: within a pixel of a 4K screen',
  (hz) => {
    for (const points of handwriting(2, 100, hz)) {
      const kept = thinned(points, WIDTH);
      expect(farthest(middle(points), middle(kept))).toBeLessThan(FINE_PIXEL);
    }
  },
);

test('its edges stay within a pixel of a common screen, and within three where it turns sharply', () => {
  const moved = handwriting(2, 100, 60).map((points) => {
    const [all, kept] = [outline(points, WIDTH), outline(thinned(points, WIDTH), WIDTH)];
    return Math.max(farthest(all, kept), farthest(kept, all));
  });
  expect(moved.filter((units) => units < PIXEL).length).toBeGreaterThanOrEqual(95);
  expect(Math.max(...moved)).toBeLessThan(3 * PIXEL);
});

test('a kept point is as it was, in its turn, the first and the last among them', () => {
  for (const points of handwriting(3, 50, 120)) {
    const all = triples(points).map(String);
    const places = triples(thinned(points, WIDTH)).map((point) => all.indexOf(String(point)));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect([places[0], places.at(-1)]).toEqual([0, all.length - 1]);
  }
});

test('between two kept points the pressure grows evenly, or nearly so', () => {
  for (const points of handwriting(4, 50, 120)) {
    const all = triples(points);
    const places = triples(thinned(points, WIDTH)).map((point) => all.map(String).indexOf(String(point)));
    for (const [at, begin] of places.slice(0, -1).entries()) {
      const end = places[at + 1] as number;
      const [from, to] = [all[begin]?.[2] as number, all[end]?.[2] as number];
      const off = all
        .slice(begin, end)
        .map(([, , pressure], i) => Math.abs((pressure as number) - from - ((to - from) * i) / (end - begin)));
      expect(Math.max(...off)).toBeLessThanOrEqual(PRESSURE_TOLERANCE);
    }
  }
});

test('whatever a pointer does, what is drawn stays where it was', () => {
  const [mad] = handwriting(5, 1, 4_000) as [number[]];
  const back = [...triples(mad).reverse().flat(), ...mad];
  const leaps = mad.map((value, at) => (at % 3 === 2 ? value : (value * 7_919) % 20_000));
  for (const points of [mad, back, leaps].map((each) => each.slice(0, 6_000))) {
    const kept = thinned(points, WIDTH);
    expect([kept.slice(0, 3), kept.slice(-3)]).toEqual([points.slice(0, 3), points.slice(-3)]);
    expect(farthest(middle(points), middle(kept))).toBeLessThan(FINE_PIXEL);
  }
});

test('a straight line keeps three points: two would be drawn without their pressure', () => {
  const line = Array.from({ length: 100 }, (_, at) => [at * 10, 500, 180]).flat();
  expect(thinned(line, WIDTH)).toEqual([0, 500, 180, 500, 500, 180, 990, 500, 180]);
  expect(thinned(line.slice(0, 9), WIDTH)).toEqual(line.slice(0, 9));
  expect(thinned([10, 20, 128], WIDTH)).toEqual([10, 20, 128]);
});

test('a corner stays', () => {
  const there = Array.from({ length: 50 }, (_, at) => [at * 12, 0, 180]);
  const down = Array.from({ length: 50 }, (_, at) => [600, at * 12, 180]);
  const kept = triples(thinned([...there, ...down].flat(), WIDTH));
  expect(kept).toContainEqual([600, 0, 180]);
  expect(kept.length).toBeLessThan(20);
});

test("the bench's handwriting is what a page sends of such strokes", async () => {
  const strokes = handwriting(1, 1_000, 60);
  const seen = strokes.reduce((sum, points) => sum + points.length / 3, 0);
  const lines = strokes.map((points) => JSON.stringify(thinned(points, WIDTH))).join(',\n');
  await expect(`{"hz": 60, "seen_points": ${seen}, "strokes": [\n${lines}\n]}\n`).toMatchFileSnapshot(
    resolve('../bench/data/handwriting.json'),
  );
});
