// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { handsUp, microphoneState, tilesOf } from '@/pages/teacher/tiles';
import type { Slot } from '@/room/interface';
import type { Person } from '@/signaling/wire.gen';
import { PEOPLE, person, ROOM } from '../fixture/lesson.svelte';

const NOTHING = { slots: [], links: {}, boardChecks: {}, levels: {} };

function withPeople(changes: Record<string, Partial<Person>>) {
  return { ...ROOM, people: PEOPLE.map((one) => ({ ...one, ...changes[one.id] })) };
}

function seated(participant: string, playing: boolean): Slot {
  return {
    index: 0,
    seat: { slot: 0, participant, video: 'camera', audio: 'microphone', place: 'strip' },
    person: null,
    video: new MediaStream(),
    audio: new MediaStream(),
    playing,
  };
}

test('every classroom has a tile, in the roster order; the lead and second windows have none', () => {
  const room = { ...ROOM, people: [...PEOPLE, person({ id: 'room-1.b', screen: 'b' })] };
  expect(tilesOf({ ...NOTHING, room }).map((tile) => tile.id)).toEqual(['room-1', 'room-2', 'room-3']);
});

test('hands are in the order in which they went up', () => {
  const room = withPeople({ 'room-1': { hand: true, hand_at: 900 }, 'room-3': { hand: true, hand_at: 200 } });
  expect(handsUp(room.people).map((one) => one.id)).toEqual(['room-3', 'room-1']);
  expect(tilesOf({ ...NOTHING, room }).map((tile) => tile.handOrder)).toEqual([2, null, 1]);
});

test('a microphone is open on the floor and in discussion, gated otherwise, silent when it sends nothing', () => {
  const [, room1] = PEOPLE as [Person, Person];
  const mute = { ...room1, live: [] };
  expect(microphoneState(room1, { talk: 'listen', floor: null })).toBe('gated');
  expect(microphoneState(room1, { talk: 'listen', floor: 'room-2' })).toBe('gated');
  expect(microphoneState(room1, { talk: 'listen', floor: 'room-1' })).toBe('open');
  expect(microphoneState(room1, { talk: 'discussion', floor: null })).toBe('open');
  expect(microphoneState(mute, { talk: 'discussion', floor: 'room-1' })).toBe('silent');
});

test('a tile plays only while pictures arrive from somebody who is here; its seat keeps the stream', () => {
  const slots = [seated('room-1', true)];
  const tile = (sources: Parameters<typeof tilesOf>[0]) => tilesOf(sources)[0];
  expect(tile({ ...NOTHING, room: ROOM, slots })).toMatchObject({ playing: true, picture: slots[0]?.video });
  expect(tile({ ...NOTHING, room: ROOM, slots: [seated('room-1', false)] })?.playing).toBe(false);
  expect(tile({ ...NOTHING, room: withPeople({ 'room-1': { presence: 'away' } }), slots })?.playing).toBe(false);
  expect(tile({ ...NOTHING, room: ROOM })).toMatchObject({ playing: false, picture: null });
});

test('a tile without a picture says what is wrong: the camera, a line, or nothing but time', () => {
  const why = (changes: Record<string, Partial<Person>>) =>
    tilesOf({ ...NOTHING, room: withPeople(changes) })[0]?.noPicture;
  expect(why({})).toBe('coming');
  expect(why({ 'room-1': { live: ['camera2'] } })).toBe('coming');
  expect(why({ 'room-1': { live: ['microphone'] } })).toBe('camera');
  expect(why({ 'room-1': { rung: 'sound' } })).toBe('line');
  expect(why({ 'staff-1': { rung: 'voice' } })).toBe('ownLine');
  expect(why({ 'room-1': { live: ['microphone'], rung: 'sound' } })).toBe('camera');
});

test('the line just measured counts before the one in the roster', () => {
  const room = withPeople({ 'room-1': { quality: 'weak' } });
  expect(tilesOf({ ...NOTHING, room })[0]?.quality).toBe('weak');
  const links = {
    'room-1': {
      type: 'link_seen' as const,
      participant: 'room-1',
      quality: 'good' as const,
      rtt_ms: 40,
      loss_permille: 0,
      down_kbps: 900,
      up_kbps: 900,
    },
  };
  expect(tilesOf({ ...NOTHING, room, links })[0]).toMatchObject({ quality: 'good', rung: 'full', rttMs: 40 });
});
