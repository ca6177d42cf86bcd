// @vitest-environment node
import { expect, test } from 'vitest';
import { attemptMs, staleMs, waitMs } from '@/signaling/backoff';

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
  expect([0, 1, 2, 13].map((failures) => attemptMs(failures, 149))).toEqual([2_000, 2_000, 2_000, 2_000]);
  expect([0, 1, 2, 1_000].map((failures) => attemptMs(failures, 0))).toEqual([2_000, 4_000, 6_000, 6_000]);
  expect([0, 1, 2].map((failures) => attemptMs(failures, 150))).toEqual([2_000, 4_000, 6_000]);
  expect([0, 1].map((failures) => attemptMs(failures, 600))).toEqual([4_800, 6_000]);
});

test('P73 a sign of life leaves an attempt the time that the line takes', () => {
  expect([0, 50, 600].map((roundTripMs) => staleMs(0, roundTripMs))).toEqual([1_000, 1_000, 2_400]);
});

test('P73 where the browser holds attempts back they have its time as well, and no sign of life begins them anew', () => {
  expect([attemptMs(14, 20), attemptMs(1_000, 0), staleMs(14, 20)]).toEqual([6_000, 6_000, 6_000]);
});
