// @vitest-environment node
import { expect, test } from 'vitest';
import { HitGrid, segmentsSquared } from '@/board/grid';
import type { BoardObject } from '@/signaling/wire.gen';

function line(id: string, points: number[], width = 40): BoardObject {
  return { id, by: 'me', colour: '#000000', width, points, hidden_by: [] };
}

function gridOf(...objects: BoardObject[]): HitGrid {
  const grid = new HitGrid();
  grid.update(objects);
  return grid;
}

test('the eraser hits ink within its reach and nothing beyond', () => {
  const grid = gridOf(line('a', [1000, 1000, 128, 3000, 1000, 128]));
  expect(grid.hits(2000, 1070, 2000, 1070, 60)).toEqual(['a']);
  expect(grid.hits(2000, 1090, 2000, 1090, 60)).toEqual([]);
});

test('a fast eraser hits what lies between two of its points', () => {
  const grid = gridOf(line('a', [5000, 0, 128, 5000, 5000, 128]));
  expect(grid.hits(0, 2500, 9900, 2500, 10)).toEqual(['a']);
});

test('a long segment is found in the middle, far from its points', () => {
  const grid = gridOf(line('a', [0, 0, 128, 10000, 5625, 128]));
  expect(grid.hits(5000, 2812, 5000, 2812, 20)).toEqual(['a']);
});

test('a dot is an object too', () => {
  expect(gridOf(line('a', [700, 700, 128])).hits(720, 700, 720, 700, 30)).toEqual(['a']);
});

test('points outside the board are found as well', () => {
  expect(gridOf(line('a', [-900, -900, 128, -800, -900, 128])).hits(-850, -900, -850, -900, 10)).toEqual(['a']);
});

test('an object is found among ten thousand as a plain search finds it', () => {
  const objects: BoardObject[] = [];
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  for (let i = 0; i < 10_000; i += 1) {
    const [x, y] = [next(10_000), next(5_625)];
    objects.push(line(`o${i}`, [x, y, 128, x + next(200), y + next(200), 128]));
  }
  const grid = gridOf(...objects);
  for (let i = 0; i < 50; i += 1) {
    const [x, y] = [next(10_000), next(5_625)];
    const plain = objects.filter(({ points: [ax = 0, ay = 0, , bx = 0, by = 0], width }) => {
      return segmentsSquared(ax, ay, bx, by, x, y, x + 300, y + 10) <= (60 + width / 2) ** 2;
    });
    expect(grid.hits(x, y, x + 300, y + 10, 60).sort()).toEqual(plain.map(({ id }) => id).sort());
  }
});
