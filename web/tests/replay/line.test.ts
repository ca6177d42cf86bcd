import { describe, expect, it } from 'vitest';
import { FAST, type Line, observe } from '@/replay/line';

function afterwards(line: Line, seconds: number, dry: boolean, aheadMs = 0): Line {
  let now = line;
  for (let tick = 0; tick < seconds * 10; tick += 1) now = observe(now, dry, aheadMs, 100);
  return now;
}

describe('a slow line', () => {
  it('is not one for standing still a moment, as every jump does', () => {
    expect(afterwards(FAST, 2.9, true).thrifty).toBe(false);
  });

  it('is one after three seconds, in one piece or in several shortly after each other', () => {
    expect(afterwards(FAST, 3, true).thrifty).toBe(true);
    expect(afterwards(afterwards(afterwards(FAST, 2, true), 5, false), 1.6, true).thrifty).toBe(true);
    expect(afterwards(afterwards(afterwards(FAST, 2, true), 60, false), 2, true).thrifty).toBe(false);
  });

  it('gets all pictures back when the lead has half a minute in hand, the next time a whole one', () => {
    const slow = afterwards(FAST, 4, true);
    expect(afterwards(slow, 100, false, 29_000).thrifty).toBe(true);
    const again = afterwards(afterwards(slow, 1, false, 31_000), 4, true);
    expect([afterwards(slow, 1, false, 31_000).thrifty, again.thrifty, again.needMs]).toEqual([false, true, 60_000]);
    expect(afterwards(again, 10, false, 45_000).thrifty).toBe(true);
  });

  it('gets them back at once when everything has arrived', () => {
    expect(afterwards(afterwards(FAST, 4, true), 0.1, false, Number.POSITIVE_INFINITY).thrifty).toBe(false);
  });
});
