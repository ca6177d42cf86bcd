// @vitest-environment node
import { expect, test } from 'vitest';
import { attemptMs, waitMs } from '@/signaling/backoff';

test('P73 the pause is never under 0.2 s, its limit doubles from 0.4 s to 1.5 s', () => {
  expect([0, 1, 2, 3, 1_000].map((failures) => [waitMs(failures, 0), waitMs(failures, 1)])).toEqual([
    [200, 400],
    [200, 800],
    [200, 1_500],
    [200, 1_500],
    [200, 1_500],
  ]);
});

test('P73 only a long line, or one of which nothing is known, is given more than 2 s', () => {
  expect([0, 1, 2, 1_000].map((failures) => attemptMs(failures, 149))).toEqual([2_000, 2_000, 2_000, 2_000]);
  expect([0, 1, 2, 1_000].map((failures) => attemptMs(failures, 0))).toEqual([2_000, 4_000, 6_000, 6_000]);
  expect([0, 1, 2].map((failures) => attemptMs(failures, 150))).toEqual([2_000, 4_000, 6_000]);
  expect([0, 1].map((failures) => attemptMs(failures, 600))).toEqual([4_800, 6_000]);
});
