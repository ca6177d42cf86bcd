import { expect, test } from 'vitest';
import { grouped } from '@/pages/classroom/pairing';
import { codeIn } from '@/pages/pair/rooms';

test('a scanned address carries the code in its fragment', () => {
  expect(codeIn('#code=ABCD2345')).toBe('ABCD2345');
  expect(codeIn('')).toBe('');
  expect(codeIn('#token=x')).toBe('');
});

test('a code is shown in two groups of four', () => {
  expect(grouped('ABCD2345')).toBe('ABCD 2345');
});
