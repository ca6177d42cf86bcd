import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Outcome } from '@/api/ask';
import { AGAIN_MS, Loaded } from '@/pages/admin/kit/loaded.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what could not be asked is asked again by itself until the server is back', async () => {
  let answer: Outcome<string> = { kind: 'unreachable' };
  const question = vi.fn(async () => answer);
  const loaded = new Loaded(question);
  await loaded.need();
  expect(loaded.trouble).toEqual({ kind: 'unreachable' });
  await vi.advanceTimersByTimeAsync(2 * AGAIN_MS);
  expect(question).toHaveBeenCalledTimes(3);
  answer = { kind: 'done', value: 'here' };
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  expect([loaded.value, loaded.trouble]).toEqual(['here', null]);
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect(question).toHaveBeenCalledTimes(4);
});

test('a refusal is not asked again by itself', async () => {
  const refusal = { kind: 'refused', status: 403, code: 'not_allowed', title: '', detail: '', more: {} } as const;
  const question = vi.fn(async () => refusal);
  await new Loaded(question).need();
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect(question).toHaveBeenCalledTimes(1);
});
