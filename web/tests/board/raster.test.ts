import { describe, expect, it } from 'vitest';
import { inkBox, traceInk } from '@/board/ink';
import { type PixelBox, pixelBox, Raster } from '@/board/raster';

const SIZE = 40;
const ALL: PixelBox = { left: 0, top: 0, right: SIZE, bottom: SIZE };
const RED = '#ff0000';

function polygon(raster: Raster, corners: readonly [number, number][], colour = RED, clip = ALL): void {
  raster.begin(ALL);
  const [first, ...others] = corners as [[number, number], ...[number, number][]];
  raster.moveTo(...first);
  for (const corner of others) raster.lineTo(...corner);
  raster.closePath();
  raster.fill(colour, clip);
}

function alphas(raster: Raster): number[] {
  return [...raster.pixels].map((pixel) => pixel >>> 24);
}

function wave(seed: number): number[] {
  return Array.from({ length: 30 }, (_, i) => [
    50 + 280 * i + 31 * seed,
    2000 + 90 * seed + Math.round(1500 * Math.sin(i / 3)),
    80 + 5 * i,
  ]).flat();
}

function draw(raster: Raster, seed: number, clip = ALL): void {
  raster.begin(pixelBox(inkBox(wave(seed), 300), SIZE / 10_000, SIZE, SIZE));
  traceInk(raster, wave(seed), 300);
  raster.fill(seed % 2 ? '#1d5fa8' : '#b4321e', clip);
}

describe('a raster', () => {
  it('covers each pixel by the share of it that the shape covers', () => {
    const raster = new Raster(SIZE, SIZE, 1);
    polygon(raster, [
      [2.5, 3],
      [6.25, 3],
      [6.25, 4.5],
      [2.5, 4.5],
    ]);
    const seen = alphas(raster);
    expect(seen.slice(3 * SIZE + 1, 3 * SIZE + 8)).toEqual([0, 128, 255, 255, 255, 64, 0]);
    expect(seen.slice(4 * SIZE + 1, 4 * SIZE + 8)).toEqual([0, 64, 128, 128, 128, 32, 0]);
    expect(raster.pixels[3 * SIZE + 3]).toBe(0xff0000ff);
  });

  it('fills a shape that covers itself once, whichever way round it goes', () => {
    const twice: [number, number][] = [
      [5, 5],
      [5, 15],
      [15, 15],
      [15, 5],
    ];
    const raster = new Raster(SIZE, SIZE, 1);
    polygon(raster, [...twice, ...twice]);
    const once = new Raster(SIZE, SIZE, 1);
    polygon(once, [...twice].reverse());
    expect(raster.pixels).toEqual(once.pixels);
  });

  it('shows the part on the bitmap of a shape that reaches beyond every side', () => {
    const raster = new Raster(SIZE, SIZE, 1);
    polygon(raster, [
      [-100, -100],
      [300, -100],
      [300, 300],
      [-100, 300],
    ]);
    expect(alphas(raster).every((alpha) => alpha === 255)).toBe(true);
    const half = new Raster(SIZE, SIZE, 1);
    polygon(half, [
      [-60, -60],
      [100, 100],
      [-60, 100],
    ]);
    expect(alphas(half)[20 * SIZE + 19]).toBe(255);
    expect(alphas(half)[20 * SIZE + 20]).toBe(128);
    expect(alphas(half)[20 * SIZE + 21]).toBe(0);
  });

  it('lays half-covering ink over other ink in the share of each', () => {
    const raster = new Raster(SIZE, SIZE, 1);
    const half: [number, number][] = [
      [4, 4],
      [4.5, 4],
      [4.5, 5],
      [4, 5],
    ];
    polygon(raster, half, '#0000ff');
    polygon(raster, half, RED);
    const thin = raster.pixels[4 * SIZE + 4] as number;
    expect([thin & 255, (thin >> 16) & 255, thin >>> 24]).toEqual([170, 85, 192]);
    polygon(raster, [
      [4, 4],
      [5, 4],
      [5, 5],
      [4, 5],
    ]);
    polygon(raster, half, '#0000ff');
    const opaque = raster.pixels[4 * SIZE + 4] as number;
    expect([opaque & 255, (opaque >> 16) & 255, opaque >>> 24]).toEqual([127, 128, 255]);
  });

  it('draws a box again with the same pixels as the whole', () => {
    const whole = new Raster(SIZE, SIZE, SIZE / 10_000);
    for (let seed = 0; seed < 12; seed += 1) draw(whole, seed);
    const before = whole.pixels.slice();
    const clip = { left: 7, top: 5, right: 29, bottom: 17 };
    whole.clear(clip);
    expect(whole.pixels).not.toEqual(before);
    for (let seed = 0; seed < 12; seed += 1) draw(whole, seed, clip);
    expect(whole.pixels).toEqual(before);
  });

  it('leaves nothing behind for the next shape', () => {
    const used = new Raster(SIZE, SIZE, SIZE / 10_000);
    for (let seed = 0; seed < 12; seed += 1) draw(used, seed);
    used.clear(ALL);
    draw(used, 5);
    const fresh = new Raster(SIZE, SIZE, SIZE / 10_000);
    draw(fresh, 5);
    expect(used.pixels).toEqual(fresh.pixels);
  });
});
