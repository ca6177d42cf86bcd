// @vitest-environment node
import { expect, test } from 'vitest';
import { judged, type Loss, PLAIN, type Redundancy } from '@/rtc/redundancy';

/** Two-second windows of a voice that loses so many packets in a thousand: how much that is after each. */
function after(lost: readonly number[], redundancy: Redundancy = PLAIN): Loss[] {
  let state = redundancy;
  return lost.map((permille) => {
    const told = judged(state, { sent: 500, lost: 7 }, { sent: 1_500, lost: 7 + permille });
    if (told) state = told;
    return state.loss;
  });
}

test('a voice is repeated within two windows of loss, and plain again after a good while without', () => {
  expect(after([0, 0, 30, 30, 30])).toEqual(['none', 'none', 'some', 'some', 'some']);
  expect(after([0, 20, 20, 20])).toEqual(['none', 'none', 'some', 'some']);
  const lossy = { loss: 'some', permille: 30 } as const;
  expect(after([0, 0, 0, 0, 0], lossy)).toEqual(['some', 'some', 'some', 'some', 'none']);
});

test('single losses repeat nothing, and a little loss keeps what is repeated', () => {
  expect(after([10, 0, 0, 10, 0, 0])).toEqual(new Array(6).fill('none'));
  expect(after(new Array(9).fill(5), { loss: 'some', permille: 12 })).toEqual(new Array(9).fill('some'));
});

test('heavy loss is told apart, and stays so until it has clearly gone', () => {
  expect(after([100, 100, 100, 100])).toEqual(['some', 'some', 'heavy', 'heavy']);
  const lossy = { loss: 'heavy', permille: 80 } as const;
  expect(after([40, 40, 20, 20, 0], lossy)).toEqual(['heavy', 'heavy', 'heavy', 'some', 'some']);
  expect(after(new Array(9).fill(60))).not.toContain('heavy');
});

test('a short window is not judged, and a count that goes back is no gain', () => {
  expect(judged(PLAIN, { sent: 0, lost: 0 }, { sent: 74, lost: 74 })).toBeNull();
  expect(judged(PLAIN, { sent: 0, lost: 9 }, { sent: 100, lost: 3 })).toEqual(PLAIN);
});
