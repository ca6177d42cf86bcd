// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ask } from '@/api/ask';
import { send } from '@/api/send';

const asked = vi.fn(async (_address: string, _init?: RequestInit) => Response.json({}));
const headers = (): unknown => asked.mock.calls.at(-1)?.[1]?.headers;

beforeEach(() => vi.stubGlobal('fetch', asked));
afterEach(() => {
  // biome-ignore lint/suspicious/noDocumentCookie: as the server sets it
  document.cookie = 'tongke_csrf=; max-age=0';
  vi.unstubAllGlobals();
});

test('what changes something shows the token of the session, what only reads does not', async () => {
  // biome-ignore lint/suspicious/noDocumentCookie: as the server sets it
  document.cookie = 'tongke_csrf=abc-_123';
  await send('/api/leave', { method: 'POST', headers: { accept: 'application/json' } });
  expect(headers()).toEqual({ accept: 'application/json', 'x-csrf-token': 'abc-_123' });
  await ask('POST /api/leave');
  expect(headers()).toMatchObject({ 'x-csrf-token': 'abc-_123' });
  await ask('GET /api/me');
  expect(headers()).not.toHaveProperty('x-csrf-token');
});

test('nobody who is not signed in shows one', async () => {
  await send('/api/sign-in', { method: 'POST', body: '{}' });
  expect(headers()).toEqual({});
});

test('nothing is posted past the one place that shows the token', () => {
  const sources = import.meta.glob('/src/**/*.{ts,svelte}', { query: '?raw', import: 'default', eager: true });
  const past = Object.entries(sources).filter(
    ([path, text]) => !path.endsWith('/api/send.ts') && /\bfetch\([^;]*method: '(?!HEAD)/.test(String(text)),
  );
  expect(past.map(([path]) => path)).toEqual([]);
});
