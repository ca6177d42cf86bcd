// @vitest-environment node
import { afterEach, expect, test, vi } from 'vitest';
import { within } from '@/api/within';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a request is given up in time', async () => {
  const signal = within(1);
  expect(signal.aborted).toBe(false);
  await vi.waitFor(() => expect(signal.aborted).toBe(true));
});

test('and where the browser has no such signal of its own', () => {
  vi.useFakeTimers();
  vi.stubGlobal('AbortSignal', class {});
  const signal = within(5_000);
  vi.advanceTimersByTime(4_999);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(signal.aborted).toBe(true);
});
