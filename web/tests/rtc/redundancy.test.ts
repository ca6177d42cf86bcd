// @vitest-environment node
import { expect, test } from 'vitest';
import { judged, PLAIN, type Redundancy } from '@/rtc/redundancy';

/** Two-second windows of a voice that loses so many packets in a thousand: whether it goes redundantly after each. */
function after(lost: readonly number[], redundancy: Redundancy = PLAIN): boolean[] {
  let state = redundancy;
  return lost.map((permille) => {
    const told = judged(state, { sent: 500, lost: 7 }, { sent: 1_500, lost: 7 + permille });
    if (told) state = told;
    return state.on;
  });
}

test('a voice is repeated within two windows of loss, and plain again after a good while without', () => {
  expect(after([0, 0, 30, 30, 30])).toEqual([false, false, true, true, true]);
  expect(after([0, 20, 20, 20])).toEqual([false, false, true, true]);
  const lossy = { on: true, permille: 30 };
  expect(after([0, 0, 0, 0, 0], lossy)).toEqual([true, true, true, true, false]);
});

test('single losses repeat nothing, and a little loss keeps what is repeated', () => {
  expect(after([10, 0, 0, 10, 0, 0])).toEqual(new Array(6).fill(false));
  expect(after(new Array(9).fill(5), { on: true, permille: 12 })).toEqual(new Array(9).fill(true));
});

test('a short window is not judged, and a count that goes back is no gain', () => {
  expect(judged(PLAIN, { sent: 0, lost: 0 }, { sent: 74, lost: 74 })).toBeNull();
  expect(judged(PLAIN, { sent: 0, lost: 9 }, { sent: 100, lost: 3 })).toEqual(PLAIN);
});
