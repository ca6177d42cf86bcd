import { describe, expect, it } from 'vitest';
import { cells, loudness, thumbAt } from '@/replay/strip';

const THUMBS = { file: 'thumbs.jpg', every_ms: 30_000, width: 160, height: 90, columns: 10, count: 25 };

describe('the film strip', () => {
  it('finds the picture of a time in the sheet, row by row, and the last one after the end', () => {
    expect([0, 29_999, 30_000, 330_000, 9e9, -5].map((at) => thumbAt(THUMBS, at))).toEqual([
      { x: 0, y: 0 },
      { x: 0, y: 0 },
      { x: 160, y: 0 },
      { x: 160, y: 90 },
      { x: 640, y: 180 },
      { x: 0, y: 0 },
    ]);
  });

  it('is filled by pictures of nearly their own shape', () => {
    const row = cells(1000, 48, 16 / 9);
    expect([row.length, row[0], (row.at(-1)?.left ?? 0) + (row.at(-1)?.width ?? 0)]).toEqual([
      12,
      { left: 0, width: 1000 / 12 },
      1000,
    ]);
  });

  it('shows the loudest moment in each bar, and silence where there is no sound left', () => {
    const wave = { every_ms: 1000, peaks: [10, 90, 20, 30] };
    expect(loudness(wave, 20, 5, 8000)).toEqual([
      { left: 0, share: 0.9 },
      { left: 5, share: 0.3 },
      { left: 10, share: 0 },
      { left: 15, share: 0 },
    ]);
  });

  it('spreads few values over many bars', () => {
    expect(loudness({ every_ms: 1000, peaks: [50, 100] }, 20, 5, 2000).map((bar) => bar.share)).toEqual([
      0.5, 0.5, 1, 1,
    ]);
  });
});
