// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setLanguage } from '@/i18n/language.svelte';
import { setCountyZone } from '@/i18n/zone.svelte';
import Between from '@/pages/classroom/Between.svelte';
import { CountyClock } from '@/pages/classroom/countyClock.svelte';
import type { ScreenNow } from '@/pages/classroom/reporter';
import type { LessonToday } from '@/ui/api';
import { CARD } from '../fixture/lesson.svelte';

const NINE = Date.parse('2026-11-23T01:00:00Z');
const NEXT: LessonToday = {
  lesson: { ...CARD, planned_start: new Date(NINE).toISOString() },
  state: 'planned',
  lead: { id: 'staff-1', school: '中心小学', name: '' },
  classrooms: [],
  you: { id: 'room-1', role: 'classroom' },
  recording_id: null,
};

let app: Record<string, unknown> | null = null;
let clock: CountyClock;

beforeEach(() => {
  setLanguage('en');
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setInterval', 'clearInterval'] });
  clock = new CountyClock();
});

afterEach(() => {
  if (app) unmount(app);
  app = null;
  clock.close();
  vi.useRealTimers();
  document.body.replaceChildren();
});

function show(
  screen: Pick<ScreenNow, 'camera' | 'microphone'>,
  next: LessonToday | null = NEXT,
  test: (() => void) | null = () => undefined,
): string {
  const me = { school: '第一教学点', name: '六年级教室' };
  app = mount(Between, { target: document.body, props: { me, next, clock, screen, reached: true, test, cover: null } });
  flushSync();
  return document.body.textContent ?? '';
}

test('the time is the server’s and runs on by a clock that nobody can set', () => {
  clock.heard(NINE, 100);
  expect(clock.now()).toBe(NINE + 50);
  vi.advanceTimersByTime(10_000);
  vi.setSystemTime(0);
  expect(clock.now()).toBe(NINE + 10_050);
  expect(clock.ms).toBe(NINE + 10_050);
});

test('between lessons a room reads its name, what comes next, when, and that it is well', () => {
  clock.heard(NINE - 65_000, 0);
  setCountyZone('Asia/Shanghai');
  const text = show({ camera: 'ok', microphone: 'ok' });
  for (const words of [
    '第一教学点',
    '六年级教室',
    '勾股定理',
    '中心小学',
    '09:00',
    '1:05',
    'Camera well',
    'Microphone well',
  ]) {
    expect(text).toContain(words);
  }
});

test('an unplugged camera is named, and the button tests the room', () => {
  const tested = vi.fn();
  const text = show({ camera: 'missing', microphone: 'ok' }, null, tested);
  expect(text).toContain('No camera');
  expect(text).toContain('No more lessons today');
  document.querySelector('button')?.click();
  expect(tested).toHaveBeenCalledOnce();
});
