// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import type { Change, GridLesson } from '@/api/schema.gen';
import { canExcuse, giveUp, liesAhead, putDayBack, takeBack } from '@/pages/admin/timetable/dayActions';

const NOW = 1_000_000;

function lesson(over: Partial<GridLesson> = {}): GridLesson {
  return {
    id: 'l',
    entry_id: 'e',
    entry_day: '2026-09-07',
    state: 'planned',
    start_ms: NOW + 1,
    ...over,
  } as GridLesson;
}

/** The requests made, as `path body`; each is answered as done. */
function requests(): string[] {
  const made: string[] = [];
  vi.stubGlobal('fetch', (address: string, { body }: { body?: string }) => {
    made.push(`${address} ${body ?? ''}`.trim());
    return Promise.resolve(new Response('{"done":true}', { status: 200 }));
  });
  return made;
}

afterEach(() => vi.unstubAllGlobals());

test('a lesson of the timetable lies ahead until its start', () => {
  expect(liesAhead(lesson(), NOW)).toBe(true);
  expect(liesAhead(lesson({ start_ms: NOW }), NOW)).toBe(false);
  expect(liesAhead(lesson({ entry_id: null }), NOW)).toBe(false);
});

test('what was held or runs cannot be given up', () => {
  const states = [
    'planned',
    'live',
    'UNJUDGED',
    'VALID',
    'INVALID',
    'REASONABLE_MISSED',
    'UNREASONABLE_MISSED',
  ] as const;
  expect(states.filter((state) => canExcuse(lesson({ state })))).toEqual([
    'planned',
    'REASONABLE_MISSED',
    'UNREASONABLE_MISSED',
  ]);
});

test("a lesson is cancelled through its entry, or where that is past or not in one's hands, explained by itself", async () => {
  const made = requests();
  expect(await giveUp(lesson(), '停电', true)).toBeNull();
  expect(await giveUp(lesson(), '停电', false)).toBeNull();
  expect(made).toEqual([
    '/api/county/entries/e/change {"day":"2026-09-07","kind":"cancelled","reason":"停电"}',
    '/api/county/lessons/l/excuse {"reason":"停电"}',
  ]);
});

test('taking back puts a cancelled day as the timetable says, and a reason from the lesson it was given for', async () => {
  const made = requests();
  const cancelled = { entry_id: 'e', day: '2026-09-07', kind: 'cancelled', reason: 'x' } as Change;
  await takeBack(lesson(), cancelled, true);
  await takeBack(lesson(), cancelled, false);
  await putDayBack(lesson(), { ...cancelled, kind: 'changed', lead_id: 't' });
  expect(made).toEqual([
    '/api/county/entries/e/restore {"day":"2026-09-07"}',
    '/api/county/lessons/l/restore',
    '/api/county/entries/e/change {"day":"2026-09-07","kind":"changed","reason":"x","lead_id":"t"}',
  ]);
});
