import { expect, test } from 'vitest';
import { newsOf } from '@/pages/teacher/news';
import type { NoteSeen } from '@/signaling/wire.gen';
import { PEOPLE, person } from '../fixture/lesson.svelte';

const HELPER = person({ id: 'staff-7', role: 'assistant', school: '第一教学点', part: 'assistant', beside: 'room-1' });
const note = (by: string, at: number): NoteSeen => ({ type: 'note_seen', by, to: 'x', text: '没有声音', at });
const sign = (signal: 'wait' | 'all_fine', at: number, seen = false) => ({ signal, at, seen });

test('signals nobody has seen and lines of assistants come in their order; own lines and what is fine are no news', () => {
  const people = [
    ...PEOPLE.slice(0, 1),
    person({ id: 'room-1', sign: sign('wait', 30) }),
    person({ id: 'room-2', sign: sign('all_fine', 10) }),
    person({ id: 'room-3', sign: sign('wait', 5, true) }),
    HELPER,
  ];
  const news = newsOf(people, [note('staff-7', 20), note('staff-1', 25)], 'staff-1', new Set());
  expect(news.map(({ id }) => id)).toEqual(['note staff-7 20', 'signal room-1 30']);
  expect(newsOf(people, [note('staff-7', 20)], 'staff-1', new Set(['note staff-7 20']))).toHaveLength(1);
});

test('a new signal of the same room is another piece of news', () => {
  const before = newsOf([person({ id: 'room-1', sign: sign('wait', 1) })], [], 'staff-1', new Set());
  const after = newsOf([person({ id: 'room-1', sign: sign('wait', 9) })], [], 'staff-1', new Set());
  expect(before[0]?.id).not.toBe(after[0]?.id);
});
