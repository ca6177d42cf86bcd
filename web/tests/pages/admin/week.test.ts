import { expect, test } from 'vitest';
import type { Bell, GridLesson, SpecialDay, Term } from '@/api/schema.gen';
import { cellKey, columnsOf, periodAt, periodsOf, termOf, weekNumber, weekOf } from '@/pages/admin/timetable/week';
import { addDays, dayOf, minuteIn, minuteOf, minuteText, mondayOf, weekdayOf } from '@/ui/days';

const ZONE = 'Asia/Shanghai';
const MONDAY = '2026-09-07';
const TERM: Term = { id: 't', county_id: 'c', name: '秋', begins: '2026-09-01', ends: '2027-01-15' };
const BELLS: Bell[] = [
  { school_id: null, period: 2, starts_min: 540, ends_min: 580 },
  { school_id: null, period: 1, starts_min: 490, ends_min: 530 },
  { school_id: null, period: 5, starts_min: 840, ends_min: 880 },
  { school_id: 's', period: 1, starts_min: 480, ends_min: 520 },
];

function lesson(id: string, day: string, minute: number, minutes = 40): GridLesson {
  const start_ms = Date.parse(`${day}T00:00:00+08:00`) + minute * 60_000;
  return { id, start_ms, end_ms: start_ms + minutes * 60_000 } as GridLesson;
}

function names(week: ReturnType<typeof weekOf>): Record<string, string[]> {
  return Object.fromEntries([...week.cells].map(([key, lessons]) => [key, lessons.map(({ id }) => id)]));
}

test('days are those of the county, wherever this device is', () => {
  const late = Date.parse('2026-09-07T18:30:00Z');
  expect([dayOf(late, ZONE), minuteOf(late, ZONE)]).toEqual(['2026-09-08', 150]);
  expect([weekdayOf('2026-09-06'), mondayOf('2026-09-06'), addDays('2026-02-28', 1)]).toEqual([
    7,
    '2026-08-31',
    '2026-03-01',
  ]);
});

test('a time of day is read as it is written', () => {
  expect([minuteText(485), minuteIn('8:05'), minuteIn('08:05')]).toEqual(['08:05', 485, 485]);
  expect(['24:00', '24:01', '8:60', 'x', ''].map(minuteIn)).toEqual([1440, null, null, null, null]);
});

test('a school with one bell of its own has only its own', () => {
  expect(periodsOf(BELLS, 's').map(({ starts_min }) => starts_min)).toEqual([480]);
  expect(periodsOf(BELLS, 'other').map(({ period }) => period)).toEqual([1, 2, 5]);
  expect(periodsOf(BELLS, null).map(({ period }) => period)).toEqual([1, 2, 5]);
});

test('a lesson stands in the period it overlaps most, and in none where no bell rings', () => {
  const periods = periodsOf(BELLS, null);
  expect(periodAt(520, 560, periods)?.period).toBe(2);
  expect(periodAt(530, 540, periods)).toBeNull();
});

test('lessons stand in their cells, those without a bell in a line of their own', () => {
  const week = weekOf(
    MONDAY,
    ZONE,
    [lesson('a', MONDAY, 490), lesson('b', MONDAY, 495), lesson('c', '2026-09-12', 1200)],
    periodsOf(BELLS, null),
    TERM,
    [],
    '2026-09-08',
  );
  expect(names(week)).toEqual({ '2026-09-07/1': ['a', 'b'], '2026-09-12/other': ['c'] });
  expect(week.columns.map(({ weekday }) => weekday)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(week.columns.filter(({ today }) => today).map(({ day }) => day)).toEqual(['2026-09-08']);
  expect(week.rows.map(({ period, afterBreak }) => [period?.period ?? 0, afterBreak])).toEqual([
    [1, false],
    [2, false],
    [5, true],
    [0, true],
  ]);
  expect(week.cells.get(cellKey('2026-09-12', null))?.length).toBe(1);
});

test('a holiday is not taught, a make-up day is taught as the day it follows, and shown though it is a Saturday', () => {
  const special: SpecialDay[] = [
    { day: '2026-10-01', follows: null, name: '国庆节' },
    { day: '2026-10-03', follows: '2026-10-01', name: '' },
  ];
  const columns = columnsOf('2026-09-28', TERM, special, new Set(), '2026-01-01');
  expect(columns.map(({ day, taughtAs }) => [day, taughtAs])).toEqual([
    ['2026-09-28', '2026-09-28'],
    ['2026-09-29', '2026-09-29'],
    ['2026-09-30', '2026-09-30'],
    ['2026-10-01', null],
    ['2026-10-02', '2026-10-02'],
    ['2026-10-03', '2026-10-01'],
  ]);
});

test('week 1 is the week of the first day of term', () => {
  expect([weekNumber(TERM, '2026-09-01'), weekNumber(TERM, MONDAY), weekNumber(TERM, '2026-08-30')]).toEqual([1, 2, 0]);
  expect(termOf([TERM], '2026-08-31')?.id).toBe('t');
  expect(termOf([TERM], '2026-08-24')).toBeNull();
});
