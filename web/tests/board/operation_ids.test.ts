// @vitest-environment node
import { expect, test } from 'vitest';
import { OperationIds } from '@/board/operation_ids';

test('P12: a page counts behind what is its own, in the characters and the length that the wire takes', () => {
  const ids = new OperationIds();
  const [first, second] = [ids.next(), ids.next()];
  expect(first).toMatch(/^[0-9a-f]{16}-1$/);
  expect(second).toBe(first.replace(/-1$/, '-2'));
});

test('P12: two windows of one participant never make the same id', () => {
  const windows = Array.from({ length: 200 }, () => new OperationIds());
  expect(new Set(windows.flatMap((ids) => [ids.next(), ids.next()])).size).toBe(400);
});
