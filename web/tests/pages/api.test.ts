// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { arrive, enter, lessonsToday, takeToken, tokenIn } from '@/ui/api';

function answer(status: number, body: unknown): void {
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(body), { status }));
}

afterEach(() => vi.unstubAllGlobals());

test('a token is read from the fragment and leaves the address bar at once', () => {
  expect(tokenIn('#token=a_b-c')).toBe('a_b-c');
  expect(tokenIn('')).toBeNull();
  location.hash = '#token=secret';
  expect(takeToken()).toBe('secret');
  expect(location.href).not.toContain('secret');
  expect(takeToken()).toBeNull();
});

test('every outcome of a link is a value', async () => {
  answer(200, { page: '/teacher', zone: 'Asia/Urumqi' });
  expect(await enter('t')).toEqual({ kind: 'entered', page: '/teacher' });
  answer(401, { code: 'unauthorized' });
  expect(await enter('t')).toEqual({ kind: 'refused' });
  answer(429, { code: 'too_fast' });
  expect(await enter('t')).toEqual({ kind: 'too_many' });
  answer(503, {});
  expect(await enter('t')).toEqual({ kind: 'unreachable' });
  vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('network')));
  expect(await enter('t')).toEqual({ kind: 'unreachable' });
});

test('without a token the cookie of an earlier visit counts', async () => {
  answer(200, { id: 'room-1', name: '', school: '', page: '/classroom', zone: 'Asia/Shanghai' });
  expect(await arrive(null)).toEqual({ kind: 'entered', page: '/classroom' });
  answer(401, {});
  expect(await arrive(null)).toEqual({ kind: 'signed_out' });
});

test('lessons come in the order of their time', async () => {
  const at = (id: string, planned_start: string) => ({ lesson: { id, planned_start } });
  answer(200, [at('late', '2025-11-22T03:00:00Z'), at('early', '2025-11-22T01:00:00Z')]);
  const today = await lessonsToday();
  expect(today.kind === 'lessons' && today.lessons.map((entry) => entry.lesson.id)).toEqual(['early', 'late']);
  answer(401, {});
  expect(await lessonsToday()).toEqual({ kind: 'signed_out' });
});
