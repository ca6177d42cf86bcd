import { expect, test } from 'vitest';
import { grouped } from '@/pages/classroom/pairing';
import { codeIn, matching, type Room } from '@/pages/pair/rooms';

const room = (id: string, school: string, name: string): Room => ({ id, school, name, devices: [] });

test('a scanned address carries the code in its fragment', () => {
  expect(codeIn('#code=ABCD2345')).toBe('ABCD2345');
  expect(codeIn('')).toBe('');
  expect(codeIn('#token=x')).toBe('');
});

test('a code is shown in two groups of four', () => {
  expect(grouped('ABCD2345')).toBe('ABCD 2345');
});

test('a room is found by any words of its school and name', () => {
  const rooms = [
    room('1', '第一教学点', '六年级'),
    room('2', '第二教学点', '五年级'),
    room('3', 'Hill School', 'Room A'),
  ];
  expect(matching(rooms, '第二').map(({ id }) => id)).toEqual(['2']);
  expect(matching(rooms, 'hill a').map(({ id }) => id)).toEqual(['3']);
  expect(matching(rooms, ' ')).toHaveLength(3);
});
