import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { byName, countOf } from '@/ui/nameOrder';

test('rows are ordered as people order them', () => {
  expect(byName(['Room 10', 'Room 9', 'Hall 9'], (row) => row)).toEqual(['Hall 9', 'Room 9', 'Room 10']);
});

// The server sorts by the same (tests/server/county/test_name_order.py).
const IN_ORDER = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/names_in_order.json', import.meta.url), 'utf8'),
) as string[][];

test.each(IN_ORDER)('names stand in the order in which people count and speak: %s, %s', (...names) => {
  expect(byName(names.toReversed(), (name) => name)).toEqual(names);
});

test('Chinese numerals have their value', () => {
  expect(['十', '十二', '二十', '二十三', '一百零二', '百', '二〇二六', '两'].map(countOf)).toEqual([
    10, 12, 20, 23, 102, 100, 2026, 2,
  ]);
});
