import { expect, test } from 'vitest';
import type { Choices, GridLesson } from '@/api/schema.gen';
import { communityFirst, daysAhead, formOf, leadsOn, nextOf, ownLesson, subjectsFirst } from '@/pages/teacher/home';
import type { LessonState, LessonToday } from '@/ui/api';

const ZONE = 'Asia/Shanghai';
const NOW = Date.parse('2026-09-09T08:00:00+08:00');

function today(id: string, state: LessonState, recording_id: string | null = null): LessonToday {
  return { lesson: { id }, state, recording_id } as unknown as LessonToday;
}

function lesson(id: string, at: string, more: Partial<GridLesson> = {}): GridLesson {
  const start_ms = Date.parse(`${at}:00+08:00`);
  return {
    id,
    start_ms,
    end_ms: start_ms + 2_400_000,
    community_id: 'c1',
    rooms: [],
    classes: [],
    ...more,
  } as GridLesson;
}

const CHOICES = {
  communities: [
    { id: 'c1', name: '一', schools: ['centre', 'p1', 'p2'] },
    { id: 'c2', name: '二', schools: ['centre', 'p3'] },
  ],
  schools: [],
  rooms: [
    { id: 'r1', school_id: 'p1' },
    { id: 'r1b', school_id: 'p1' },
    { id: 'r2', school_id: 'p2' },
  ],
  classes: [
    { id: 'k1', classroom_id: 'r1' },
    { id: 'k2', classroom_id: 'r2' },
  ],
  teachers: [],
  subjects: [{ id: 'art' }, { id: 'music' }],
} as unknown as Choices;

const USUAL = lesson('u', '2026-09-07T08:00', {
  mode: 'blended',
  lead_room_id: 'r0',
  subject_id: 'music',
  rooms: [
    { id: 'r1b', joined_as: 'planned' },
    { id: 'r9', joined_as: 'cover' },
  ] as GridLesson['rooms'],
  classes: [
    { id: 'k0', room_id: 'r0' },
    { id: 'k1', room_id: 'r1b' },
  ] as GridLesson['classes'],
});

test('the next lesson is the one that runs, else the first planned; a missed one is no next action', () => {
  const [missed, planned, live] = [today('m', 'UNREASONABLE_MISSED'), today('p', 'planned'), today('l', 'live')];
  expect(nextOf([missed, planned, live])).toBe(live);
  expect(nextOf([missed, planned])).toBe(planned);
  expect(nextOf([missed])).toBeNull();
});

test('a lesson leads into class while it can be held, afterwards to its recording', () => {
  expect(leadsOn(today('m', 'UNREASONABLE_MISSED'))).toBe('class');
  expect(leadsOn(today('v', 'VALID', 'v'))).toBe('replay');
  expect(leadsOn(today('v', 'VALID'))).toBeNull();
});

test('the days ahead are after today by the clock of the county, seven at most', () => {
  const lessons = [
    lesson('today', '2026-09-09T10:00'),
    lesson('a', '2026-09-10T08:00'),
    lesson('b', '2026-09-10T09:00'),
    lesson('c', '2026-09-16T23:30'),
    lesson('late', '2026-09-17T00:10'),
  ];
  expect(daysAhead(lessons, ZONE, NOW).map(({ day, lessons }) => [day, lessons.map(({ id }) => id)])).toEqual([
    ['2026-09-10', ['a', 'b']],
    ['2026-09-16', ['c']],
  ]);
});

test('a lesson of her own begins as her last one there, without who only came for cover', () => {
  expect(communityFirst(CHOICES, [USUAL], NOW)).toBe('c1');
  const own = { ...ownLesson(CHOICES, [USUAL], 'c1', NOW), subjectId: 'music' };
  expect(own).toEqual({ communityId: 'c1', subjectId: 'music', rooms: ['r1b'], mode: 'blended' });
  expect(formOf(own, CHOICES, [USUAL], NOW)).toEqual({
    community_id: 'c1',
    lead_room_id: 'r0',
    rooms: ['r1b'],
    classes: [
      { class_id: 'k0', classroom_id: 'r0' },
      { class_id: 'k1', classroom_id: 'r1b' },
    ],
    subject_id: 'music',
    mode: 'blended',
    origin: 'self_initiated',
  });
});

test('without a lesson before, one room of each teaching point is asked, with the classes at home there', () => {
  const own = { ...ownLesson(CHOICES, [], 'c1', NOW), subjectId: 'art' };
  expect([own.rooms, own.mode]).toEqual([['r1', 'r2'], 'delivery']);
  const form = formOf(own, CHOICES, [], NOW);
  expect([form.lead_room_id, form.classes]).toEqual([
    null,
    [
      { class_id: 'k1', classroom_id: 'r1' },
      { class_id: 'k2', classroom_id: 'r2' },
    ],
  ]);
});

test('with pupils at her side the class at home in her room is named, where the usual lesson named none', () => {
  const choices = { ...CHOICES, classes: [...CHOICES.classes, { id: 'k9', classroom_id: 'r0' }] } as Choices;
  const before = { ...USUAL, classes: [] };
  const own = { ...ownLesson(choices, [before], 'c1', NOW), subjectId: 'art' };
  expect(formOf(own, choices, [before], NOW).classes).toEqual([{ class_id: 'k9', classroom_id: 'r0' }]);
  expect(formOf({ ...own, mode: 'delivery' }, choices, [before], NOW).classes).toEqual([]);
});

test('subjects she teaches come first', () => {
  expect(subjectsFirst(CHOICES, [USUAL]).map(({ id }) => id)).toEqual(['music', 'art']);
});
