import { expect, test } from 'vitest';
import { isCatchUpKey, Missed, type Span } from '@/pages/classroom/missed';

type Look = readonly [atMs: number, hears: boolean, recorded?: boolean, recordedFromMs?: number];

/** The spans that a screen with these looks at its line has missed. */
function missed(...looks: readonly Look[]): Span[] {
  const line = new Missed();
  return looks.flatMap(([atMs, hears, recorded = true, from = 0]) => line.look(atMs, hears, recorded, from) ?? []);
}

test('a cut is missed from the last packet to the first one after it', () => {
  expect(missed([1_000, true], [12_000, false], [30_000, false], [50_000, true], [51_000, true])).toEqual([
    { fromMs: 10_000, untilMs: 50_000 },
  ]);
});

test('what was never heard before is not missed, nor what is too short, nor what is not recorded', () => {
  expect(missed([1_000, false], [60_000, true])).toEqual([]);
  expect(missed([1_000, true], [10_000, false], [11_900, true])).toEqual([]);
  expect(missed([1_000, true, false], [10_000, false, false], [60_000, true, false])).toEqual([]);
  expect(missed([1_000, true], [10_000, false], [60_000, true, false])).toEqual([]);
});

test('what is recorded only from the middle of a cut on is missed from there on', () => {
  expect(missed([1_000, true], [10_000, false, false], [30_000, false, true], [60_000, true])).toEqual([
    { fromMs: 28_000, untilMs: 60_000 },
  ]);
});

test('of a cut in which the server was started anew only what it recorded since then is missed', () => {
  expect(missed([1_000, true], [10_000, false], [60_000, true, true, 40_000])).toEqual([
    { fromMs: 40_000, untilMs: 60_000 },
  ]);
  expect(missed([1_000, true], [10_000, false], [60_000, true, true, 58_000])).toEqual([]);
  expect(missed([1_000, true], [10_000, false], [60_000, true, true, Number.POSITIVE_INFINITY])).toEqual([]);
  const before = { fromMs: 8_000, untilMs: 20_000 };
  expect(missed([1, true], [10_000, false], [20_000, true], [24_000, false], [40_000, true, true, 30_000])).toEqual([
    before,
    { fromMs: 30_000, untilMs: 40_000 },
  ]);
});

test('two cuts near each other are one, two far apart are two, and none is longer than ten minutes', () => {
  const first = { fromMs: 8_000, untilMs: 20_000 };
  expect(missed([1, true], [10_000, false], [20_000, true], [30_000, false], [40_000, true])).toEqual([
    first,
    { fromMs: 8_000, untilMs: 40_000 },
  ]);
  expect(missed([1, true], [10_000, false], [20_000, true], [60_000, false], [70_000, true])).toEqual([
    first,
    { fromMs: 58_000, untilMs: 70_000 },
  ]);
  expect(missed([1, true], [10_000, false], [900_000, true])).toEqual([{ fromMs: 300_000, untilMs: 900_000 }]);
});

test('the left key, C and rewind catch up; a key held down or with Ctrl does not', () => {
  const key = { repeat: false, ctrlKey: false, altKey: false, metaKey: false };
  for (const name of ['ArrowLeft', 'c', 'MediaRewind']) expect(isCatchUpKey({ ...key, key: name })).toBe(true);
  for (const name of ['ArrowUp', ' ', 'Enter']) expect(isCatchUpKey({ ...key, key: name })).toBe(false);
  expect(isCatchUpKey({ ...key, key: 'ArrowLeft', repeat: true })).toBe(false);
  expect(isCatchUpKey({ ...key, key: 'c', ctrlKey: true })).toBe(false);
});
