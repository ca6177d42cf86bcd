import { expect, test } from 'vitest';
import type { Luma } from '@/selftest/picture';
import { fingerprintOf, type Kept, standing } from '@/selftest/upright';

const WIDTH = 320;
const HEIGHT = 180;

function pictureOf(luma: (x: number, y: number) => number): Luma {
  const values = new Uint8Array(WIDTH * HEIGHT);
  for (let at = 0; at < values.length; at++) {
    values[at] = Math.max(0, Math.min(255, luma((at % WIDTH) / WIDTH, Math.floor(at / WIDTH) / HEIGHT)));
  }
  return { width: WIDTH, height: HEIGHT, values };
}

/** A classroom: a bright window on the left, a dark board in the middle, desks below. */
const room = (x: number, y: number): number => {
  if (x < 0.2 && y < 0.6) return 230;
  if (x > 0.35 && x < 0.8 && y > 0.2 && y < 0.5) return 40;
  return y > 0.6 ? 90 + 30 * Math.sin(40 * x) : 150;
};
const overhead = (x: number, y: number): number => room(1 - x, 1 - y);
/** Evening: less light, lamps instead of the window, somebody stands before the board. */
const evening = (x: number, y: number): number => {
  if (x > 0.5 && x < 0.58 && y > 0.3) return 120;
  return 20 + 0.55 * room(x, y) + (y < 0.15 ? 30 : 0);
};
const otherRoom = (x: number, y: number): number => ((Math.floor(7 * x) + Math.floor(5 * y)) % 2 ? 200 : 60);

function of(luma: (x: number, y: number) => number): number[] {
  return fingerprintOf(pictureOf(luma)) as number[];
}

const kept: Kept = { cells: of(room), doubted: false };

test('the first picture is kept, and nothing is said', () => {
  expect(standing(of(room), null, 'itself')).toEqual({ upright: null, turned: null, keep: kept });
});

test('a room in other light is upright, a room turned by half a turn is not', () => {
  const later = standing(of(evening), kept, 'itself');
  expect(later.upright).toBeGreaterThan(0.8);
  expect(later.turned).toBeLessThan(0.4);
  const turned = standing(
    of((x, y) => evening(1 - x, 1 - y)),
    kept,
    'itself',
  );
  expect(turned.turned).toBeGreaterThan(0.8);
  expect(turned.keep).toEqual(kept);
});

test('another scene says nothing and is kept instead', () => {
  const found = standing(of(otherRoom), kept, 'itself');
  expect([found.upright, found.turned]).toEqual([null, null]);
  expect(found.keep.cells).toEqual(of(otherRoom));
});

test('dark and flat pictures have no fingerprint', () => {
  expect(fingerprintOf(pictureOf(() => 8))).toBeNull();
  expect(fingerprintOf(pictureOf((x) => 150 + 4 * x))).toBeNull();
});

test('whoever is told that it is upside down, looks, and tests again is believed; a test by itself never is', () => {
  const told = standing(of(overhead), kept, 'hand');
  expect(told.turned).toBeCloseTo(1, 1);
  expect(told.keep).toEqual({ cells: kept.cells, doubted: true });
  expect(standing(of(overhead), told.keep, 'itself').turned).toBeCloseTo(1, 1);
  expect(standing(of(overhead), told.keep, 'hand').keep.cells).toEqual(of(overhead));
  const mended = standing(of(room), told.keep, 'hand');
  expect(mended.upright).toBe(1);
  expect(mended.keep).toEqual(kept);
});
