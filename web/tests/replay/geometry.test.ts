import { describe, expect, it } from 'vitest';
import { geometry, type Rect } from '@/replay/geometry';

const SIZES: [number, number][] = [
  [1342, 540],
  [1880, 800],
  [1256, 500],
  [3800, 1700],
  [820, 210],
  [390, 600],
  [360, 400],
];

function overlap(a: Rect, b: Rect): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

describe('the panes', () => {
  it.each(SIZES)('never overlap nor stick out of a width of %d', (width, height) => {
    for (let count = 0; count <= 8; count += 1) {
      const { stage, side, chapters } = geometry(width, height, count);
      const all = [stage, ...side, ...(chapters ? [chapters] : [])];
      expect(side).toHaveLength(count);
      for (const [place, rect] of all.entries()) {
        expect(rect.left + rect.width).toBeLessThanOrEqual(width);
        for (const other of all.slice(place + 1)) expect(overlap(rect, other)).toBe(false);
      }
    }
  });

  it('give the board most of a teacher PC screen, and the chapters a place beside it', () => {
    const { stage, chapters } = geometry(1342, 540, 4);
    expect([stage.width, stage.height]).toEqual([960, 540]);
    expect(chapters?.height).toBeGreaterThanOrEqual(140);
  });

  it('put the board on top of a phone and the others in one row below it', () => {
    const { stage, side, chapters, height } = geometry(390, 600, 4);
    expect([stage.width, stage.top, chapters]).toEqual([390, 0, null]);
    expect(new Set(side.map((rect) => rect.top)).size).toBe(1);
    expect(height).toBe(side[0]?.top === undefined ? 0 : side[0].top + side[0].height);
  });
});
