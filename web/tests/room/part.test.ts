// @vitest-environment node
import { expect, test } from 'vitest';
import { isTold, mayDraw, speaks, thriftOf } from '@/room/part';
import type { Person, Role, Rung } from '@/signaling/wire.gen';
import { PEOPLE, ROOM } from '../pages/fixture/lesson.svelte';

const lead = { id: 'staff-1', role: 'lead' } as const;
const pupils = { id: 'room-1', role: 'classroom' } as const;

function person(role: Role, rung: Rung): Person {
  return { ...(PEOPLE[0] as Person), role, rung };
}

test('P10 leads, classrooms and rebroadcasts send pictures and sound; who looks on sends nothing', () => {
  const roles: Role[] = ['lead', 'classroom', 'rebroadcast', 'assistant', 'observer', 'recorder'];
  expect(roles.filter(speaks)).toEqual(['lead', 'classroom', 'rebroadcast']);
});

test('the lead draws until the end, a class while it has the floor, a second window never', () => {
  const live = { ...ROOM, phase: 'live', floor: null } as const;
  expect(mayDraw(lead, 'a', live)).toBe(true);
  expect(mayDraw(lead, 'a', { ...live, phase: 'ended' })).toBe(false);
  expect(mayDraw(pupils, 'a', live)).toBe(false);
  expect(mayDraw(pupils, 'a', { ...live, floor: 'room-1' })).toBe(true);
  expect(mayDraw(pupils, 'b', { ...live, floor: 'room-1' })).toBe(false);
  expect(mayDraw(null, 'a', live)).toBe(false);
  expect(mayDraw(lead, 'a', null)).toBe(false);
});

test('a class whose line carries no pictures sends none; the lead goes on', () => {
  expect(thriftOf(person('classroom', 'full'))).toBeNull();
  expect(thriftOf(person('classroom', 'sound'))).toBe('sound');
  expect(thriftOf(person('classroom', 'voice'))).toBe('voice');
  expect(thriftOf(person('lead', 'sound'))).toBeNull();
  expect(thriftOf(null)).toBeNull();
});

test('a person is told of a refusal of what a person asked for', () => {
  expect(isTold('call_on', 'not_allowed')).toBe(true);
  expect(isTold('call_on', 'already_done')).toBe(false);
  expect(isTold('ink', 'not_allowed')).toBe(false);
});
