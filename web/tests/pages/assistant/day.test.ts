import { expect, test } from 'vitest';
import { dayOf, roomOf } from '@/pages/assistant/day';
import type { LessonToday } from '@/ui/api';
import { room } from './room';

const MINUTE = 60_000;
const NOW = Date.parse('2026-03-02T08:00:00Z');

function lesson(id: string, inMin: number, state: LessonToday['state'], room = 'room-1'): LessonToday {
  const at = (ms: number): string => new Date(ms).toISOString();
  const [start, end] = [NOW + inMin * MINUTE, NOW + (inMin + 40) * MINUTE];
  return {
    lesson: { id, title: '', subject: '', mode: 'blended', planned_start: at(start), planned_end: at(end) },
    state,
    lead: { id: 'staff-1', school: '', name: '' },
    classrooms: [{ id: room, school: '', name: '' }],
    you: { id: 'staff-7', role: 'assistant' },
    recording_id: null,
  };
}

test('the only room is hers, and of several the one she chose', () => {
  expect(roomOf([room('a')], null)?.id).toBe('a');
  expect(roomOf([room('a'), room('b')], null)).toBeNull();
  expect(roomOf([room('a'), room('b')], 'b')?.id).toBe('b');
  expect(roomOf([room('a'), room('b')], 'gone')).toBeNull();
});

test('her room is in the lesson that is live, or about to be; the next one comes after that', () => {
  const today = [lesson('later', 60, 'planned'), lesson('now', -5, 'live'), lesson('elsewhere', -5, 'live', 'room-9')];
  expect(dayOf(today, 'room-1', NOW)).toMatchObject({
    now: { lesson: { id: 'now' } },
    next: { lesson: { id: 'later' } },
  });
  expect(dayOf([lesson('soon', 9, 'planned')], 'room-1', NOW).now?.lesson.id).toBe('soon');
  expect(dayOf([lesson('later', 60, 'planned')], 'room-1', NOW)).toMatchObject({
    now: null,
    next: { lesson: { id: 'later' } },
  });
});
