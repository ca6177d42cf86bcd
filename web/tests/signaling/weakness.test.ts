import { expect, test } from 'vitest';
import { GOOD } from '@/signaling/courier';
import { Weakness } from '@/signaling/weakness';

const found = (loss_permille: number) => ({ loss_permille, rtt_ms: 300 });

test('a line of which nothing bad is known is good', () => {
  const weakness = new Weakness();
  expect(weakness.line(0, 20)).toEqual(GOOD);
  weakness.measured(found(9));
  weakness.told();
  expect(weakness.line(0, 20)).toEqual(GOOD);
});

test('what media lost on the line of another is none of this one', () => {
  const weakness = new Weakness();
  weakness.measured(found(100));
  expect(weakness.line(0, 20)).toEqual(GOOD);
  weakness.told();
  expect(weakness.line(0, 20).loses).toBe(true);
  for (const loss of [3, 100]) weakness.measured(found(loss));
  expect(weakness.line(0, 20)).toEqual(GOOD);
});

test('a line that loses is weak until it loses hardly anything', () => {
  const weakness = new Weakness();
  weakness.told();
  const told = [9, 10, 5, 4, 3, 5].map((loss) => {
    weakness.measured(found(loss));
    return weakness.line(0, 20).loses;
  });
  expect(told).toEqual([false, true, true, true, false, false]);
});

test('a lower rung is weak, the two without pictures are thin', () => {
  const weakness = new Weakness();
  const told = (['smaller', 'speaker', 'sound', 'voice', 'full'] as const).map((rung) => {
    weakness.rung(rung);
    const { weak, thin } = weakness.line(0, 20);
    return [weak, thin];
  });
  expect(told).toEqual([
    [true, false],
    [true, false],
    [true, true],
    [true, true],
    [false, false],
  ]);
});

test('on a line for one voice alone nothing is copied before it is late', () => {
  const weakness = new Weakness();
  weakness.told();
  weakness.measured(found(100));
  weakness.silent(0);
  weakness.rung('sound');
  expect(weakness.line(1, 20).loses).toBe(true);
  weakness.rung('voice');
  expect(weakness.line(1, 20)).toMatchObject({ weak: true, loses: false, thin: true });
});

test('silence counts as loss for a while; the round trip is the best that is known', () => {
  const weakness = new Weakness();
  weakness.silent(1_000);
  expect(weakness.line(1_001, 20)).toEqual({ weak: true, loses: true, thin: false, roundTripMs: 20 });
  weakness.measured(found(0));
  expect(weakness.line(5_999, 20).roundTripMs).toBe(300);
  expect(weakness.line(6_000, 20)).toEqual(GOOD);
});
