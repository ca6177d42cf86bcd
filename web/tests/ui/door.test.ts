import { afterEach, expect, test, vi } from 'vitest';
import { Door, outsideBy } from '@/ui/door';

/** The server's answers, by address; a status that is 0: it is not reached. */
function server(answers: Record<string, readonly [status: number, body?: unknown]>): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (address: string) => {
    asked.push(address);
    const [status, body = {}] = answers[address] ?? [404];
    if (status === 0) throw new TypeError('network');
    return new Response(JSON.stringify(body), { status });
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

test('whoever did not enter is told why', () => {
  expect(outsideBy({ kind: 'signed_out' })).toEqual({ kind: 'none' });
  expect(outsideBy({ kind: 'refused' })).toEqual({ kind: 'refused' });
  expect(outsideBy({ kind: 'too_many' })).toEqual({ kind: 'tooMany' });
  expect(outsideBy({ kind: 'unreachable' })).toEqual({ kind: 'unreachable' });
  expect(outsideBy({ kind: 'signed_out' }, { kind: 'refused' })).toEqual({ kind: 'refused' });
  expect(outsideBy({ kind: 'signed_out' }, { kind: 'unreachable' })).toEqual({ kind: 'none' });
});

test('a link that no longer holds is said to be one; without a link nobody is signed in', async () => {
  server({ '/api/enter': [401] });
  const door = new Door('old');
  expect(await door.taken()).toBe(true);
  expect(await door.why(401)).toEqual({ kind: 'refused' });
  expect(await new Door(null).why(401)).toEqual({ kind: 'none' });
});

test('a link is taken once the server is reached, and only once', async () => {
  const door = new Door('new');
  server({ '/api/enter': [0] });
  expect(await door.taken()).toBe(false);
  const asked = server({ '/api/enter': [200, { page: '/admin', zone: 'UTC' }] });
  expect(await door.taken()).toBe(true);
  expect(await door.taken()).toBe(true);
  expect(asked).toEqual(['/api/enter']);
});

test('whose page it is not is shown the way to her own', async () => {
  server({ '/api/me': [200, { page: '/teacher', zone: 'UTC' }] });
  expect(await new Door(null).why(403)).toEqual({ kind: 'wrongPage', page: '/teacher' });
});
