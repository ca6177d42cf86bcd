// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setLanguage } from '@/i18n/language.svelte';
import Pairing from '@/pages/classroom/Pairing.svelte';

const CODE = {
  code: 'ABCDEFGH',
  url: 'https://192.168.1.20:8443/pair#code=ABCDEFGH',
  qr: { size: 21, path: 'M0 0h1v1h-1z' },
  claim: 'claim-1',
  lifetime_ms: 600_000,
};

let app: Record<string, unknown>;
let server: 'up' | 'down' | 'new';

beforeEach(() => {
  setLanguage('en');
  vi.useFakeTimers();
  server = 'up';
  vi.stubGlobal('fetch', async (path: string) => {
    if (server === 'down') throw new TypeError('no line');
    if (path.endsWith('/code'))
      return new Response(JSON.stringify(server === 'up' ? CODE : { ...CODE, code: 'JKLMNPQR' }));
    return new Response(JSON.stringify({ state: server === 'up' ? 'waiting' : 'expired' }));
  });
  app = mount(Pairing, { target: document.body, props: { why: 'none', paired: () => undefined } });
});

afterEach(() => {
  unmount(app);
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function seen(): Promise<string> {
  await vi.advanceTimersByTimeAsync(2_100);
  flushSync();
  return document.body.textContent ?? '';
}

test('a code that no server knows now is not shown, and another one as soon as there is one', async () => {
  const up = await seen();
  expect(up).toContain('ABCD EFGH');
  expect(up).toContain('https://192.168.1.20:8443/pair');
  expect(document.querySelector('.qr')).not.toBeNull();
  server = 'down';
  const down = await seen();
  expect(down).not.toContain('ABCD EFGH');
  expect(down).toContain('The server cannot be reached');
  expect(document.querySelector('.qr')).toBeNull();
  server = 'new';
  expect(await seen()).toContain('JKLM NPQR');
});

test('the code that still holds is shown again when the line is back', async () => {
  await seen();
  server = 'down';
  await seen();
  server = 'up';
  expect(await seen()).toContain('ABCD EFGH');
});
