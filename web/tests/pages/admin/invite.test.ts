import { describe, expect, it } from 'vitest';
import { endOf } from '@/pages/admin/timetable/invite';

describe('the end of a day', () => {
  it('is the next midnight on the wall of the county', () => {
    expect(new Date(endOf('2026-09-07', 'Asia/Shanghai')).toISOString()).toBe('2026-09-07T16:00:00.000Z');
    expect(new Date(endOf('2026-12-31', 'America/New_York')).toISOString()).toBe('2027-01-01T05:00:00.000Z');
  });

  it('counts a day of 25 hours whole', () => {
    expect(new Date(endOf('2026-10-25', 'Europe/Berlin')).toISOString()).toBe('2026-10-25T23:00:00.000Z');
    expect(new Date(endOf('2026-10-24', 'Europe/Berlin')).toISOString()).toBe('2026-10-24T22:00:00.000Z');
  });
});
