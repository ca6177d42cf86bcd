import { expect, test } from 'vitest';
import { matching } from '@/ui/search';

test('a row is found by any words of its text, in any order and case; no words find all', () => {
  const rows = ['第一教学点 六年级', '第二教学点 五年级', 'Hill School Room A', 'Hill School Room 9'];
  const found = (words: string): readonly string[] => matching(rows, words, (row) => row);
  expect(found('第二')).toEqual(['第二教学点 五年级']);
  expect(found(' 9 room ')).toEqual(['Hill School Room 9']);
  expect(found('hill a')).toEqual(['Hill School Room A']);
  expect(found('none')).toEqual([]);
  expect(found(' ')).toBe(rows);
});
