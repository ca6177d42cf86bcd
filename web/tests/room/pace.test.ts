import { expect, test } from 'vitest';
import { PACE_MS, Pace } from '@/room/pace';
import { watching } from '@/room/watching';
import { person } from '../pages/fixture/lesson.svelte';

test('the first piece of news is seen at once, the next ten seconds later', () => {
  const pace = new Pace();
  expect(pace.now(['a'], 0)).toEqual(['a']);
  expect(pace.now(['a', 'b', 'c'], PACE_MS - 1)).toEqual(['a']);
  expect(pace.now(['a', 'b', 'c'], PACE_MS)).toEqual(['a', 'b']);
  expect(pace.now(['a', 'b', 'c'], PACE_MS + 1)).toEqual(['a', 'b']);
  expect(pace.now(['a', 'b', 'c'], 2 * PACE_MS)).toEqual(['a', 'b', 'c']);
});

test('what was seen and put away does not make the next come sooner', () => {
  const pace = new Pace();
  pace.now(['a'], 0);
  expect(pace.now(['b'], 3_000)).toEqual([]);
  expect(pace.now(['b'], PACE_MS)).toEqual(['b']);
});

test('who watches is counted by office, and only while her line is up', () => {
  const observer = { role: 'observer', school: '', name: '' } as const;
  const people = [
    person({ id: 'staff-1', role: 'lead' }),
    person({ id: 'staff-2', ...observer, part: 'trainer' }),
    person({ id: 'staff-3', ...observer, part: 'trainer' }),
    person({ id: 'staff-4', ...observer, part: 'inspector', presence: 'away' }),
  ];
  expect(watching(people)).toEqual([{ part: 'trainer', count: 2 }]);
  expect(watching(people.slice(0, 1))).toEqual([]);
});
