import { describe, expect, it } from 'vitest';
import { linkTime, parseTime, spoken } from '@/replay/time';

describe('a deep link', () => {
  it.each([
    ['12m31s', 751_000],
    ['1h2m3s', 3_723_000],
    ['751', 751_000],
    ['751s', 751_000],
    ['12:31', 751_000],
    ['1:02:03', 3_723_000],
    ['1h', 3_600_000],
    ['5m', 300_000],
    [' 12M31S ', 751_000],
    ['0', 0],
    ['90m', 5_400_000],
  ])('reads %s', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each(['', ' ', 'abc', '-5', '1.5s', '12m31x', 's', 'm', '31s12m', '1:2', 'Infinity', '1e9'])(
    'reads nothing from "%s"',
    (text) => {
      expect(parseTime(text)).toBeNull();
    },
  );

  it('says the time it was made at, to the second', () => {
    expect([linkTime(751_999), linkTime(3_600_000), linkTime(7000), linkTime(-5)]).toEqual([
      '12m31s',
      '1h0m0s',
      '7s',
      '0s',
    ]);
  });

  it('comes back to the same second for every second of three hours', () => {
    for (let seconds = 0; seconds < 3 * 3600; seconds += 7)
      expect(parseTime(linkTime(seconds * 1000))).toBe(seconds * 1000);
  });

  it('is said aloud in hours, minutes and seconds', () => {
    expect(spoken(3_723_400)).toEqual({ hours: 1, minutes: 2, seconds: 3 });
  });
});
