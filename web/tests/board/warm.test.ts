// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PictureShelf } from '@/board/pictures';

const asked: string[] = [];
let shelf: PictureShelf;

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(address);
    return new Promise<never>(() => undefined);
  });
  shelf = new PictureShelf('lesson-1');
});
afterEach(() => {
  shelf.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a connection is kept open for the next picture', () => {
  shelf.want([], 'full');
  vi.advanceTimersByTime(20_000);
  shelf.want([], 'voice');
  vi.advanceTimersByTime(10_000);
  expect(asked).toEqual(['/healthz', '/healthz', '/healthz']);
});

test('a picture on its way keeps its connection open itself', () => {
  shelf.want(['ab'], 'sound');
  vi.advanceTimersByTime(30_000);
  expect(asked).toEqual(['/api/lessons/lesson-1/pictures/ab/thin']);
});
