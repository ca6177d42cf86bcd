import { expect, test } from 'vitest';
import type { SpecialDay } from '@/api/schema.gen';
import {
  bellDrafts,
  bellForms,
  daysOf,
  faultOfBells,
  faultOfTerm,
  nextBell,
  stretches,
  USUAL_BELLS,
  withHoliday,
  withMakeUp,
  without,
} from '@/pages/admin/year/draft';

test('a term has a name and ends after it began, within a school year', () => {
  expect(faultOfTerm('秋', '2026-09-01', '2027-01-15')).toBeNull();
  expect(faultOfTerm(' ', '2026-09-01', '2027-01-15')).toBe('name');
  expect(faultOfTerm('秋', '', '2027-01-15')).toBe('days');
  expect(faultOfTerm('秋', '2026-09-01', '2026-08-31')).toBe('order');
  expect(faultOfTerm('秋', '2026-09-01', '2028-01-15')).toBe('long');
});

test('bells are read and written as they are kept', () => {
  const bells = [
    { school_id: null, period: 2, starts_min: 550, ends_min: 590 },
    { school_id: null, period: 1, starts_min: 500, ends_min: 540 },
  ];
  expect(bellForms(bellDrafts(bells))).toEqual([
    { period: 1, starts_min: 500, ends_min: 540 },
    { period: 2, starts_min: 550, ends_min: 590 },
  ]);
});

test('one period more has the length of the one before, after a break of ten minutes', () => {
  expect(nextBell([])).toEqual({ period: 1, starts: '08:20', ends: '09:00' });
  expect(nextBell([{ period: 3, starts: '10:00', ends: '10:45' }])).toEqual({
    period: 4,
    starts: '10:55',
    ends: '11:40',
  });
});

test('the first bell that cannot be is named with its reason', () => {
  expect(faultOfBells(USUAL_BELLS)).toBeNull();
  const [one, two] = [
    { period: 1, starts: '08:00', ends: '08:40' },
    { period: 2, starts: '08:30', ends: '09:10' },
  ];
  expect(faultOfBells([one, two])).toEqual({ period: 2, why: 'overlap' });
  expect(faultOfBells([{ ...one, ends: '07:00' }])).toEqual({ period: 1, why: 'order' });
  expect(faultOfBells([{ ...one, ends: '' }])).toEqual({ period: 1, why: 'time' });
});

test('a holiday of some days is one line, a make-up day another', () => {
  const known: SpecialDay[] = [{ day: '2026-10-02', follows: null, name: 'x' }];
  const days = withMakeUp(withHoliday(known, '2026-10-01', '2026-10-03', '国庆节'), '2026-10-10', '2026-10-01', '');
  expect(days.map(({ day, follows, name }) => [day, follows, name])).toEqual([
    ['2026-10-01', null, '国庆节'],
    ['2026-10-02', null, '国庆节'],
    ['2026-10-03', null, '国庆节'],
    ['2026-10-10', '2026-10-01', ''],
  ]);
  const lines = stretches(days);
  expect(lines).toEqual([
    { from: '2026-10-01', to: '2026-10-03', follows: null, name: '国庆节' },
    { from: '2026-10-10', to: '2026-10-10', follows: '2026-10-01', name: '' },
  ]);
  expect(without(days, lines.slice(0, 1).flatMap(daysOf)).map(({ day }) => day)).toEqual(['2026-10-10']);
});
