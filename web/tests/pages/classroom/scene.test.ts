// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { columnsFor, isHandKey, type SignSources, sceneOf, secondSceneOf, signOf } from '@/pages/classroom/scene';
import type { Slot } from '@/room/interface';
import type { Person, Seat, View } from '@/signaling/wire.gen';
import { PEOPLE, ROOM } from '../fixture/lesson.svelte';

function slot(
  index: number,
  participant: string | null,
  place: Seat['place'] = 'strip',
  video: Seat['video'] = 'camera',
): Slot {
  const seat = participant === null ? null : { slot: index, participant, video, audio: null, place };
  const person = PEOPLE.find((one) => one.id === participant) ?? null;
  return { index, seat, person, video: new MediaStream(), audio: new MediaStream(), playing: true };
}

const view = (stage: View['stage']): View => ({ type: 'view', stage, seats: [] });
const indexes = (slots: readonly Slot[]): number[] => slots.map((one) => one.index);

const CALM: SignSources = {
  connection: 'open',
  media: 'playing',
  room: ROOM,
  me: 'room-1',
  mayDraw: false,
  soundBlocked: false,
  camera: { state: 'live', label: '', deviceId: '' },
  microphone: { state: 'live', label: '', deviceId: '' },
  slots: [],
};

test('the board has the stage and the teacher sits beside it', () => {
  const slots = [slot(0, 'staff-1', 'inset'), slot(1, null), slot(2, 'room-2', 'strip', null)];
  const scene = sceneOf(view('board'), slots);
  expect([scene.kind, indexes(scene.stage), indexes(scene.side)]).toEqual(['board', [], [0]]);
});

test('the class on the floor takes the stage, the board goes to the side', () => {
  const slots = [slot(0, 'staff-1', 'inset'), slot(1, 'room-2', 'stage')];
  const scene = sceneOf(view('seat'), slots);
  expect([scene.kind, indexes(scene.stage), indexes(scene.side)]).toEqual(['seats', [1], [0]]);
});

test('a stage without anybody on it shows the board', () => {
  expect(sceneOf(view('seat'), [slot(0, 'staff-1', 'inset')]).kind).toBe('board');
  expect(sceneOf(view('waiting'), []).kind).toBe('board');
});

test('in a grid everybody has the same place', () => {
  const scene = sceneOf(view('grid'), [slot(0, 'staff-1', 'inset'), slot(1, 'room-2'), slot(2, null)]);
  expect([scene.kind, indexes(scene.stage)]).toEqual(['seats', [0, 1]]);
  expect([0, 1, 2, 3, 4, 5].map(columnsFor)).toEqual([1, 1, 2, 2, 2, 3]);
});

test('where a narrow line brings no picture, the board has the stage', () => {
  const slots = [slot(0, 'staff-1', 'inset', null), slot(1, 'room-2', 'stage', null)];
  expect(sceneOf(view('grid'), slots).kind).toBe('board');
  expect(sceneOf(view('seat'), slots).kind).toBe('board');
});

test('a class on a narrow line is told what is missing, unless its hand is up', () => {
  const me = (rung: Person['rung'], hand = false) => ({
    ...CALM,
    room: { ...ROOM, people: ROOM.people.map((one) => (one.id === 'room-1' ? { ...one, rung, hand } : one)) },
  });
  expect(signOf(me('sound'))).toEqual({ kind: 'thin', rung: 'sound' });
  expect(signOf(me('smaller')).kind).toBe('lesson');
  expect(signOf(me('voice', true)).kind).toBe('hand');
});

test('the second window shows the others, the one on the stage first', () => {
  expect(indexes(secondSceneOf([slot(0, 'room-2'), slot(1, null), slot(2, 'room-3', 'stage')]))).toEqual([2, 0]);
});

test('what is most pressing is said first', () => {
  const away = {
    ...ROOM,
    people: PEOPLE.map((one) => (one.role === 'lead' ? { ...one, presence: 'away' as const } : one)),
  };
  const own = { ...ROOM, floor: 'room-1' };
  const failed = { state: 'failed', problem: 'missing' } as const;
  expect(signOf({ ...CALM, connection: 'lost', room: away }).kind).toBe('line_lost');
  expect(signOf({ ...CALM, room: { ...away, floor: 'room-1' } }).kind).toBe('teacher_lost');
  expect(signOf({ ...CALM, room: own, soundBlocked: true }).kind).toBe('floor_own');
  expect(signOf({ ...CALM, soundBlocked: true, camera: failed }).kind).toBe('sound');
  expect(signOf({ ...CALM, camera: failed })).toEqual({ kind: 'device', lacks: 'camera', why: 'missing' });
  expect(signOf({ ...CALM, camera: failed, microphone: failed })).toEqual({
    kind: 'device',
    lacks: 'both',
    why: 'missing',
  });
  expect(signOf({ ...CALM, media: 'lost' }).kind).toBe('media_lost');
});

test('hand, floor, screen and discussion are said when nothing is wrong', () => {
  const up = { ...ROOM, people: PEOPLE.map((one) => (one.id === 'room-1' ? { ...one, hand: true } : one)) };
  expect(signOf({ ...CALM, room: up }).kind).toBe('hand');
  expect(signOf({ ...CALM, room: { ...ROOM, floor: 'room-2' } })).toEqual({
    kind: 'floor_other',
    school: '第二教学点',
    colour: '#b3541e',
  });
  expect(signOf({ ...CALM, slots: [slot(3, 'staff-1', 'stage', 'screen')] })).toEqual({
    kind: 'screen',
    school: '中心小学',
  });
  expect(signOf({ ...CALM, room: { ...ROOM, talk: 'discussion' } }).kind).toBe('discussion');
  expect(signOf(CALM).kind).toBe('lesson');
});

test('space, enter, H and up raise the hand; a held key and shortcuts of the browser do not', () => {
  const key = (name: string, held = {}) => ({
    key: name,
    repeat: false,
    ctrlKey: false,
    altKey: false,
    metaKey: false,
    ...held,
  });
  expect([' ', 'Enter', 'h', 'H', 'ArrowUp', 'a', 'Escape'].map((name) => isHandKey(key(name)))).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(isHandKey(key('h', { ctrlKey: true }))).toBe(false);
  expect(isHandKey(key(' ', { repeat: true }))).toBe(false);
});
