import { expect, test } from 'vitest';
import type { GridLesson } from '@/api/schema.gen';
import { besides, byDay, percent, spanOf } from '@/pages/admin/lessons/span';

function lesson(id: string, at: string, state: GridLesson['state']): GridLesson {
  return { id, state, start_ms: Date.parse(`${at}:00+08:00`) } as GridLesson;
}

test('a span is a day, a week from Monday, or a month', () => {
  expect(spanOf('day', '2026-11-22')).toEqual({ from: '2026-11-22', days: 1 });
  expect(spanOf('week', '2026-11-22')).toEqual({ from: '2026-11-16', days: 7 });
  expect(spanOf('month', '2026-11-22')).toEqual({ from: '2026-11-01', days: 30 });
  expect(spanOf('month', '2028-02-10')).toEqual({ from: '2028-02-01', days: 29 });
});

test('the spans before and after follow each other without a gap', () => {
  expect([besides('month', '2026-11-22', 1), besides('month', '2026-11-22', -1)]).toEqual(['2026-12-01', '2026-10-31']);
  expect([besides('week', '2026-11-22', 1), besides('week', '2026-11-22', -1)]).toEqual(['2026-11-23', '2026-11-15']);
});

test('lessons stand by day of the county, those of the chosen states alone', () => {
  const lessons = [
    lesson('a', '2026-11-16T08:00', 'VALID'),
    lesson('b', '2026-11-16T23:59', 'UNREASONABLE_MISSED'),
    lesson('c', '2026-11-17T08:00', 'VALID'),
  ];
  const ids = (states: string[]): unknown =>
    byDay(lessons, 'Asia/Shanghai', new Set(states)).map(({ day, lessons }) => [day, lessons.map(({ id }) => id)]);
  expect(ids([])).toEqual([
    ['2026-11-16', ['a', 'b']],
    ['2026-11-17', ['c']],
  ]);
  expect(ids(['UNREASONABLE_MISSED'])).toEqual([['2026-11-16', ['b']]]);
});

test('a share is a whole percent, and a dash where nothing was due', () => {
  expect([percent(2 / 3), percent(0), percent(1), percent(null)]).toEqual(['67%', '0%', '100%', '–']);
});
