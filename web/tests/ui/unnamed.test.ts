import { expect, test } from 'vitest';
import type { GridLesson } from '@/api/schema.gen';
import { roomsWithoutClass, waysToName } from '@/ui/unnamed';

const ROOMS = [
  { id: 'r1', school: '第一教学点', name: '教室', joined_as: 'planned' },
  { id: 'r2', school: '第二教学点', name: '教室', joined_as: 'cover' },
];
const [AT_HOME, FIRST, SECOND] = ['r0', 'r1', 'r2'].map((room_id) => ({ id: `k${room_id}`, room_id }));

function lesson(classes: unknown[], more: Partial<GridLesson> = {}): GridLesson {
  return {
    origin: 'timetable',
    mode: 'blended',
    lead_room_id: 'r0',
    rooms: ROOMS,
    classes,
    ...more,
  } as unknown as GridLesson;
}

test('a room in which pupils sit and no class is named is told by its name', () => {
  expect(roomsWithoutClass(lesson([AT_HOME, FIRST, SECOND]), '这里')).toEqual([]);
  expect(roomsWithoutClass(lesson([]), '这里')).toEqual(['这里', '第一教学点 教室', '第二教学点 教室']);
  expect(roomsWithoutClass(lesson([FIRST, SECOND]), '这里')).toEqual(['这里']);
  expect(roomsWithoutClass(lesson([FIRST, SECOND], { lead_room_id: null }), '这里')).toEqual(['这里']);
});

test('without pupils at her side the teacher names no class for her own room', () => {
  expect(roomsWithoutClass(lesson([FIRST], { mode: 'delivery' }), '这里')).toEqual(['第二教学点 教室']);
});

test('in a rehearsal and in the demonstration only a class that joined has to be named', () => {
  for (const origin of ['rehearsal', 'demo'] as const) {
    expect(roomsWithoutClass(lesson([], { origin }), '这里')).toEqual(['第二教学点 教室']);
  }
});

test('what to do is told for the rooms that lack a class, and for no others', () => {
  const invited = [
    { ...ROOMS[0], joined_as: 'planned' },
    { ...ROOMS[1], joined_as: 'invited' },
  ] as GridLesson['rooms'];
  const ways = (classes: unknown[], entry_id: string | null) =>
    waysToName(lesson(classes, { rooms: invited, entry_id }));
  expect(ways([AT_HOME, FIRST, SECOND], 'e')).toEqual([]);
  expect(ways([AT_HOME, SECOND], 'e')).toEqual(['weekly']);
  expect(ways([AT_HOME, SECOND], null)).toEqual(['own']);
  expect(ways([AT_HOME, FIRST], 'e')).toEqual(['invited']);
  expect(ways([], 'e')).toEqual(['weekly', 'invited']);
});
