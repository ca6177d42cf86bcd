import { expect, test } from 'vitest';
import {
  GOODBYE_MS,
  JOIN_BEFORE_MS,
  lessonFor,
  nextFor,
  type Place,
  standingOf,
  stepFor,
  stillHold,
  testIsDue,
} from '@/pages/classroom/itinerary';
import type { GoodbyeCode } from '@/signaling/wire.gen';
import type { LessonToday } from '@/ui/api';
import { CARD } from '../fixture/lesson.svelte';

function at(
  id: string,
  state: LessonToday['state'],
  end: string = CARD.planned_end,
  start: string = CARD.planned_start,
): LessonToday {
  return {
    lesson: { ...CARD, id, planned_start: start, planned_end: end },
    state,
    lead: { id: 'staff-1', school: '', name: '' },
    classrooms: [],
    you: { id: 'room-1', role: 'classroom' },
    recording_id: null,
  };
}

const NINE = Date.parse('2025-11-22T01:00:00Z');
const MINUTE = 60_000;

function planned(id: string, startMs: number): LessonToday {
  return at(id, 'planned', new Date(startMs + 40 * MINUTE).toISOString(), new Date(startMs).toISOString());
}

test('the screen goes to the lesson in class, else to the next one that can still come', () => {
  const old = planned('old', NINE - 120 * MINUTE);
  const over = at('over', 'VALID', '2025-11-22T00:50:00Z', '2025-11-22T00:10:00Z');
  const soon = planned('soon', NINE);
  const live = at('live', 'live', '2025-11-22T02:30:00Z', '2025-11-22T01:50:00Z');
  expect(lessonFor([old, over, soon, live], NINE)?.lesson.id).toBe('live');
  expect(lessonFor([old, over, soon], NINE)?.lesson.id).toBe('soon');
  expect(lessonFor([old, over], NINE)).toBeNull();
});

test('it goes in ten minutes before the bell, and until then shows what comes next', () => {
  const lessons = [planned('first', NINE), planned('second', NINE + 60 * MINUTE)];
  const door = NINE - JOIN_BEFORE_MS;
  expect([door - 1, door].map((now) => lessonFor(lessons, now)?.lesson.id)).toEqual([undefined, 'first']);
  expect(nextFor(lessons, door - 1)?.lesson.id).toBe('first');
  expect(nextFor(lessons, NINE + 75 * MINUTE)?.lesson.id).toBe('second');
  expect(nextFor([], NINE)).toBeNull();
});

test('a lesson that is late is waited for half an hour after its end', () => {
  const lesson = planned('late', NINE);
  expect(lessonFor([lesson], NINE + 69 * MINUTE)?.lesson.id).toBe('late');
  expect(lessonFor([lesson], NINE + 70 * MINUTE)).toBeNull();
});

test('the room is tested by itself once a day, between half an hour and two minutes before its first lesson', () => {
  const lessons = [planned('first', NINE)];
  const due = (minutesBefore: number, tested: number | null = null): boolean =>
    testIsDue(lessons, tested, NINE - minutesBefore * MINUTE);
  expect([31, 30, 10, 2, 1].map((minutes) => due(minutes))).toEqual([false, true, true, true, false]);
  expect(due(20, NINE - 24 * 60 * MINUTE)).toBe(true);
  expect(due(20, NINE - 25 * MINUTE)).toBe(false);
  expect(testIsDue([...lessons, at('live', 'live')], null, NINE - 20 * MINUTE)).toBe(false);
  expect(testIsDue([], null, NINE)).toBe(false);
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

test('lessons hold while the reports call the timetable what it was called when they were asked for', () => {
  const known = { askedOf: 'a', askedMs: NINE, timetable: 'a', heardMs: NINE };
  expect(stillHold(known, NINE + 29_999)).toBe(true);
  expect(stillHold({ ...known, timetable: 'b' }, NINE)).toBe(false);
  expect(stillHold({ ...known, askedOf: null, timetable: null }, NINE)).toBe(false);
});

test('lessons are asked for anew where no report is answered, after ten minutes, and by a clock that was set back', () => {
  const known = { askedOf: 'a', askedMs: NINE, timetable: 'a', heardMs: NINE };
  expect(stillHold(known, NINE + 30_000)).toBe(false);
  expect(stillHold({ ...known, heardMs: NINE + 10 * MINUTE }, NINE + 10 * MINUTE)).toBe(false);
  expect(stillHold({ ...known, heardMs: NINE + 10 * MINUTE - 1 }, NINE + 10 * MINUTE - 1)).toBe(true);
  expect(stillHold(known, NINE - 1)).toBe(false);
});
