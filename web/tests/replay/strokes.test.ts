import { describe, expect, it } from 'vitest';
import { drawnBy, timedStrokes, underWay } from '@/replay/strokes';
import type { Logged } from '@/signaling/wire.gen';

function stroke(number: number, at: number, by: string, count: number, step = 10): Logged {
  const points = Array.from({ length: count }, (_, index) => [index * step, 100, 128]).flat();
  const event = {
    type: 'stroke_drawn',
    id: `stroke-${number}`,
    page: 1,
    colour: '#1a1a1a',
    width: 44,
    points,
  } as const;
  return { type: 'event', number, at, by, event };
}

describe('a stroke in the replay', () => {
  it('takes as long as its points took and ends when it was logged', () => {
    expect(timedStrokes([stroke(1, 5000, 'a', 100)]).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([[4100, 5000]]);
  });

  it('takes at least a moment and at most four seconds', () => {
    const [short, long] = timedStrokes([stroke(1, 5000, 'a', 1), stroke(2, 50_000, 'a', 2000)]);
    expect([short?.fromMs, long?.fromMs]).toEqual([4880, 46_000]);
  });

  it('is slower when it is long, however few its points', () => {
    expect(timedStrokes([stroke(1, 9000, 'a', 2, 6600)])[0]?.fromMs).toBe(7000);
  });

  it('never begins before the same hand ended its last one; another hand does not matter', () => {
    const strokes = timedStrokes([stroke(1, 5000, 'a', 50), stroke(2, 5100, 'a', 100), stroke(3, 5100, 'b', 100)]);
    expect(strokes.map(({ fromMs }) => fromMs)).toEqual([4550, 5060, 4200]);
  });

  it('shows its points one after another, the first at once and all at its end', () => {
    const [timed] = timedStrokes([stroke(1, 5000, 'a', 100)]);
    if (!timed) throw new Error('no stroke');
    expect([4100, 4550, 5000, 9000].map((at) => drawnBy(timed, at).length / 3)).toEqual([1, 50, 100, 100]);
  });

  it('is under way from its beginning until just before its end, among thousands', () => {
    const log = Array.from({ length: 10_000 }, (_, index) =>
      stroke(index, 1000 * (index + 1), index % 2 ? 'a' : 'b', 60),
    );
    const strokes = timedStrokes(log);
    for (const at of [0, 459, 460, 999, 1000, 5_000_499, 5_000_500, 9_999_999, 10_000_000]) {
      const plainly = strokes.filter((timed) => timed.fromMs <= at && timed.toMs > at);
      expect(underWay(strokes, at)).toEqual(plainly);
    }
  });
});
