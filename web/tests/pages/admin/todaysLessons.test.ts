// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LessonToday } from '@/api/schema.gen';
import { t } from '@/i18n/language.svelte';
import TodaysLessons from '@/pages/admin/start/TodaysLessons.svelte';
import '@/pages/admin/words';

const BELL = Date.UTC(2026, 8, 1, 1, 0);
const words = (state: LessonToday['state'] | 'late'): string => t(`admin-start:state.${state}`);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function lesson(state: LessonToday['state']): LessonToday {
  const planned_start = new Date(BELL).toISOString();
  return {
    lesson: { id: 'l', title: 't', subject: 's', mode: 'blended', planned_start, planned_end: planned_start },
    state,
    lead: { id: 't', school: '', name: '' },
    classrooms: [],
    you: { id: 'a', role: 'observer' },
    recording_id: null,
  };
}

/** How a lesson is said to stand, so long after its bell. */
function shown(state: LessonToday['state'], afterMs: number): string | undefined {
  vi.setSystemTime(BELL - 60_000);
  const list = mount(TodaysLessons, { target: document.body, props: { lessons: [lesson(state)], zone: 'UTC' } });
  vi.advanceTimersByTime(60_000 + afterMs);
  flushSync();
  const told = [...document.querySelectorAll('li > :last-child')].at(-1)?.textContent?.trim();
  unmount(list);
  return told;
}

test('a lesson that nobody has begun when its bell has rung is said to be late', () => {
  expect(shown('planned', -10_000)).toBe(words('planned'));
  expect(shown('planned', 10_000)).toBe(words('late'));
  expect(shown('live', 10_000)).toBe(words('live'));
  expect(shown('REASONABLE_MISSED', 10_000)).toBe(words('REASONABLE_MISSED'));
});
