// @vitest-environment node
import { expect, test } from 'vitest';
import { LessonClock } from '@/room/clock';
import type { RoomNow } from '@/room/interface';
import { after, BEFORE, type Lesson } from '@/room/state';
import type { AnyEvent, FromServer, Person, Welcome } from '@/signaling/wire.gen';
import { ANY_EVENT_TYPES, FROM_SERVER_TYPES, VERSION } from '@/signaling/wire.gen';

const teacher: Person = {
  id: 'staff-1',
  role: 'lead',
  school: '中心小学',
  name: '李老师',
  presence: 'present',
  colour: '#1a1a1a',
  live: ['microphone'],
  hand: false,
  hand_at: null,
  quality: 'good',
  rung: 'full',
  screen: 'a',
  part: 'planned',
  beside: null,
  sign: null,
  present_count: null,
};
const pupils: Person = {
  ...teacher,
  id: 'room-1',
  role: 'classroom',
  school: '教学点',
  name: '三年级',
  presence: 'away',
  live: [],
};
const card = {
  id: 'lesson-1',
  title: '数学',
  subject: '数学',
  mode: 'blended',
  planned_start: '',
  planned_end: '',
} as const;
const welcome: Welcome = {
  type: 'welcome',
  version: VERSION,
  you: 'staff-1',
  role: 'lead',
  lesson: card,
  people: [teacher, pupils],
  number: 0,
  now_ms: 0,
  ice_servers: [],
};

function told(lesson: Lesson, ...messages: FromServer[]): Lesson {
  return messages.reduce(after, lesson);
}
let number = 0;
function event(event: AnyEvent, at = 1_000): FromServer {
  number += 1;
  return { type: 'event', number, at, by: 'staff-1', event };
}
function room(...events: AnyEvent[]): RoomNow {
  const { room } = told(BEFORE, welcome, ...events.map((each) => event(each)));
  if (!room) throw new Error('no room after a welcome');
  return room;
}
function person(id: string, ...events: AnyEvent[]): Person | undefined {
  return room(...events).people.find((each) => each.id === id);
}

test('a page that holds nothing starts with everybody at the door and hears what happened', () => {
  expect(person('staff-1')).toMatchObject({ presence: 'expected', live: [], name: '李老师' });
  const joined = person('staff-1', { type: 'joined', participant: 'staff-1', role: 'lead', screen: 'a' });
  expect(joined?.presence).toBe('present');
});

test('a page that comes back keeps what it knew and learns new names', () => {
  const held = told(BEFORE, welcome, event({ type: 'joined', participant: 'room-1', role: 'classroom', screen: 'a' }));
  const renamed = { ...welcome, people: [teacher, { ...pupils, name: '四年级' }] };
  const again = told(held, renamed);
  expect(again.room?.people[1]).toMatchObject({ presence: 'present', name: '四年级' });
});

test('a snapshot is the whole room, without the board', () => {
  const { board: _, ...rest } = { ...room(), board: null };
  const state = { ...rest, number: 9, phase: 'live', people: [teacher] } as const;
  const board = { pages: [{ id: 1, objects: [], pictures: [] }], current: 1, operations: {}, undone_hides: {} };
  const lesson = told(BEFORE, welcome, {
    type: 'snapshot',
    state: { ...state, people: [teacher], board },
    parts: false,
    ahead: false,
  });
  expect(lesson.room).toEqual(state);
});

test('the phase follows the class: live from its start, ended with floor and hands down', () => {
  const live = room({ type: 'started' });
  expect([live.phase, live.started_at]).toEqual(['live', 1_000]);
  const ended = room(
    { type: 'started' },
    { type: 'hand_changed', participant: 'room-1', up: true },
    { type: 'floor_given', participant: 'room-1' },
    { type: 'ended', reason: 'lead' },
  );
  expect([ended.phase, ended.floor, ended.people[1]?.hand]).toEqual(['ended', null, false]);
});

test('presence follows the line; who leaves takes hand and pictures along', () => {
  const here: AnyEvent = { type: 'joined', participant: 'room-1', role: 'classroom', screen: 'a' };
  expect(person('room-1', here, { type: 'away', participant: 'room-1' })?.presence).toBe('away');
  expect(person('room-1', here, { type: 'back', participant: 'room-1', away_ms: 5 })?.presence).toBe('present');
  const left = person(
    'room-1',
    here,
    { type: 'sources_changed', participant: 'room-1', live: ['camera'] },
    { type: 'hand_changed', participant: 'room-1', up: true },
    { type: 'left', participant: 'room-1', reason: 'expired' },
  );
  expect(left).toMatchObject({ presence: 'left', live: [], hand: false, hand_at: null });
});

test("a classroom's second window is its owner's, and comes in by its first event", () => {
  const second = person('room-1.b', { type: 'joined', participant: 'room-1.b', role: 'classroom', screen: 'b' });
  expect(second).toMatchObject({ school: '教学点', screen: 'b', presence: 'present' });
});

test('strangers stay outside', () => {
  expect(room({ type: 'joined', participant: 'nobody', role: 'observer', screen: 'a' }).people).toHaveLength(2);
});

test('floor, talk, recording, hand and line follow their events', () => {
  expect(
    room({ type: 'floor_given', participant: 'room-1' }, { type: 'floor_returned', participant: 'room-1' }).floor,
  ).toBeNull();
  expect(room({ type: 'floor_given', participant: 'room-1' }).floor).toBe('room-1');
  expect(room({ type: 'talk_changed', talk: 'discussion' }).talk).toBe('discussion');
  expect(room({ type: 'recording_changed', on: false, reason: 'disk_full' })).toMatchObject({
    recording: false,
    recording_reason: 'disk_full',
  });
  expect(person('room-1', { type: 'hand_changed', participant: 'room-1', up: true })).toMatchObject({
    hand: true,
    hand_at: 1_000,
  });
  const weak = { rtt_ms: 1, loss_permille: 1, down_kbps: 1, up_kbps: 1, quality: 'weak' } as const;
  expect(person('room-1', { type: 'link_measured', participant: 'room-1', ...weak })?.quality).toBe('weak');
});

test('the number is that of the last event', () => {
  number = 40;
  expect(room({ type: 'started' }).number).toBe(41);
});

test('views, levels, lines and checks are kept by participant', () => {
  const seen = { type: 'link_seen', participant: 'room-1', quality: 'good', rtt_ms: 3 } as FromServer;
  const lesson = told(
    BEFORE,
    welcome,
    { type: 'view', stage: 'board', seats: [] },
    { type: 'level_seen', by: 'room-1', value: 7 },
    { type: 'level_seen', by: 'room-2', value: 8 },
    { type: 'board_checked', participant: 'room-1', number: 3, same: true },
    seen,
  );
  expect(lesson.view.stage).toBe('board');
  expect(lesson.levels).toEqual({ 'room-1': 7, 'room-2': 8 });
  expect(lesson.boardChecks['room-1']?.same).toBe(true);
  expect(lesson.links['room-1']).toEqual(seen);
});

test('the reducer knows every message and event of the wire', () => {
  expect(FROM_SERVER_TYPES.length + ANY_EVENT_TYPES.length).toBeGreaterThan(30);
  for (const type of FROM_SERVER_TYPES) {
    if (type === 'welcome' || type === 'snapshot' || type === 'event') continue;
    expect(after(BEFORE, { type } as FromServer)).toBeDefined();
  }
  for (const type of ANY_EVENT_TYPES)
    expect(room({ type, participant: 'room-1', live: [] } as unknown as AnyEvent)).toHaveProperty('phase');
});

test('the clock is that of the answer with the shortest round trip', () => {
  const clock = new LessonClock();
  clock.welcomed({ ...welcome, now_ms: 5_000 }, 100);
  expect(clock.at(200)).toBe(5_100);
  clock.answered({ type: 'pong', sent_ms: 1_000, now_ms: 6_000 }, 1_010);
  clock.answered({ type: 'pong', sent_ms: 2_000, now_ms: 7_300 }, 2_400);
  expect(clock.at(3_000)).toBe(7_995);
  expect(clock.roundTripMs).toBe(10);
});

test('after a restart the lead is recorded from her return on, and without one from the beginning', () => {
  const begun = told(
    BEFORE,
    welcome,
    event({ type: 'joined', participant: 'staff-1', role: 'lead', screen: 'a' }, 0),
    event({ type: 'recording_changed', on: true, reason: 'lesson' }, 5_000),
  );
  expect(begun.recordedFromMs).toBe(5_000);
  const cut = told(
    begun,
    event({ type: 'away', participant: 'staff-1' }, 60_000),
    event({ type: 'back', participant: 'staff-1', away_ms: 9_000 }, 69_000),
  );
  expect(cut.recordedFromMs).toBe(5_000);
  const restarted = told(
    cut,
    event({ type: 'away', participant: 'staff-1' }, 80_000),
    event({ type: 'recording_changed', on: true, reason: 'restart' }, 80_000),
  );
  expect(restarted.recordedFromMs).toBe(Number.POSITIVE_INFINITY);
  const back = told(restarted, event({ type: 'back', participant: 'staff-1', away_ms: 4_000 }, 84_000));
  expect(back.recordedFromMs).toBe(84_000);
});
