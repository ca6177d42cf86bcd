import { expect, test } from 'vitest';
import { GOODBYE_MS, lessonFor, type Place, standingOf, stepFor } from '@/pages/classroom/itinerary';
import type { GoodbyeCode } from '@/signaling/wire.gen';
import type { LessonToday } from '@/ui/api';
import { CARD } from '../fixture/lesson.svelte';

function at(id: string, state: LessonToday['state'], end: string = CARD.planned_end): LessonToday {
  return {
    lesson: { ...CARD, id, planned_end: end },
    state,
    lead: { id: 'staff-1', school: '', name: '' },
    classrooms: [],
    you: { id: 'room-1', role: 'classroom' },
    recording_id: null,
  };
}

test('the screen goes to the lesson in class, else to the next one that can still come', () => {
  const now = Date.parse('2025-11-22T02:00:00Z');
  const old = at('old', 'planned', '2025-11-22T01:00:00Z');
  const over = at('over', 'VALID', '2025-11-22T01:50:00Z');
  const soon = at('soon', 'planned', '2025-11-22T03:00:00Z');
  const live = at('live', 'live', '2025-11-22T02:30:00Z');
  expect(lessonFor([old, over, soon, live], now)?.lesson.id).toBe('live');
  expect(lessonFor([old, over, soon], now)?.lesson.id).toBe('soon');
  expect(lessonFor([old, over], now)).toBeNull();
});

test('only an end is an end: every other goodbye leads back in', () => {
  const closed = (code: GoodbyeCode) => standingOf('live', { phase: 'closed', code });
  expect(standingOf('live', { phase: 'lost', sinceMs: 0 })).toBe('here');
  expect(standingOf('ended', { phase: 'open' })).toBe('over');
  expect((['ended', 'no_such_lesson', 'replaced', 'version', 'bad_message', 'stalled'] as const).map(closed)).toEqual([
    'over',
    'over',
    'elsewhere',
    'outdated',
    'broken',
    'broken',
  ]);
});

const place = (standing: Place['standing'], overForMs = 0): Place => ({ id: 'one', standing, overForMs });
const open = (id: string) => ({ kind: 'open', id });
const STAY = { kind: 'stay' };

test('from nowhere it goes where the timetable says', () => {
  expect(stepFor(null, at('one', 'planned'))).toEqual(open('one'));
  expect(stepFor(null, null)).toEqual({ kind: 'leave' });
});

test('a waiting screen moves when another lesson starts, or its own is called off', () => {
  expect(stepFor(place('here'), at('one', 'planned'))).toEqual(STAY);
  expect(stepFor(place('here'), at('two', 'live'))).toEqual(open('two'));
  expect(stepFor(place('here'), null)).toEqual({ kind: 'leave' });
});

test('after class it says goodbye for a while, unless the next one runs already', () => {
  expect(stepFor(place('over', 1_000), at('two', 'planned'))).toEqual(STAY);
  expect(stepFor(place('over', GOODBYE_MS), at('two', 'planned'))).toEqual(open('two'));
  expect(stepFor(place('over', 1_000), at('two', 'live'))).toEqual(open('two'));
  expect(stepFor(place('over', GOODBYE_MS), at('one', 'live'))).toEqual(STAY);
  expect(stepFor(place('over', GOODBYE_MS), null)).toEqual({ kind: 'leave' });
});

test('a broken line goes back into the same lesson; another device keeps its place; an old page is loaded anew', () => {
  expect(stepFor(place('broken'), at('one', 'live'))).toEqual(open('one'));
  expect(stepFor(place('elsewhere'), at('one', 'live'))).toEqual(STAY);
  expect(stepFor(place('outdated'), at('one', 'live'))).toEqual({ kind: 'reload' });
});
