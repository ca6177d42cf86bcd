import { expect, test } from 'vitest';
import { figuresOf, type Luma, lumaOf } from '@/selftest/picture';

const WIDTH = 64;
const HEIGHT = 36;

function picture(value: (x: number, y: number) => number): Luma {
  const values = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) values[y * WIDTH + x] = value(x, y);
  return { width: WIDTH, height: HEIGHT, values };
}

/** A scene with edges, as a classroom has them. */
const scene = (shift: number) => picture((x) => (((x + shift) >> 3) % 2 ? 200 : 60));

/** The same, out of focus: every pixel the mean of its surroundings. */
function blurred({ values }: Luma, radius = 6): Luma {
  return picture((x, y) => {
    let sum = 0;
    let count = 0;
    for (let dx = -radius; dx <= radius; dx++) {
      const at = x + dx;
      if (at < 0 || at >= WIDTH) continue;
      sum += values[y * WIDTH + at] as number;
      count++;
    }
    return sum / count;
  });
}

test('luma weighs red, green and blue as television does', () => {
  const rgba = new Uint8ClampedArray([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255]);
  expect([...lumaOf(rgba, 4, 1).values]).toEqual([76, 150, 29, 255]);
});

test('a black picture has no light and nothing in it', () => {
  expect(figuresOf([picture(() => 3), picture(() => 3)])).toEqual({
    brightness: 3,
    contrast: 0,
    sharpness: 0,
    motion: 0,
  });
});

test('a frozen picture does not differ from the one before it, a live one does', () => {
  expect(figuresOf([scene(0), scene(0), scene(0)])?.motion).toBe(0);
  expect(figuresOf([scene(0), scene(0), scene(1)])?.motion).toBeGreaterThan(1);
});

test('a picture out of focus is many times less sharp than the same in focus', () => {
  const sharp = figuresOf([scene(0)]);
  const soft = figuresOf([blurred(blurred(scene(0)))]);
  expect(sharp?.sharpness).toBeGreaterThan(0.1);
  expect(soft?.sharpness).toBeLessThan((sharp?.sharpness ?? 0) / 10);
});

test('without a picture there are no figures', () => {
  expect(figuresOf([])).toBeNull();
});
