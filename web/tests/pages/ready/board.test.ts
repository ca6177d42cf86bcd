// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { catalogs } from '@/i18n/catalogs';
import { LANGUAGES } from '@/i18n/language.svelte';
import { counts, inOrder, type Light, type ReadyLesson, reasonKey, stateWord } from '@/pages/ready/board';
import { CARD } from '../fixture/lesson.svelte';

function lesson(id: string, state: ReadyLesson['state'], ...lights: Light[]): ReadyLesson {
  return {
    lesson: { ...CARD, id },
    state,
    teacher: '主讲教师',
    school: '中心小学',
    light: lights[0] ?? 'green',
    ready: { light: 'green', reasons: [] },
    rooms: lights.map((light, number) => ({
      id: `${id}-${number}`,
      name: '教室',
      school: '教学点',
      ready: { light, reasons: [] },
      heard: null,
    })),
  };
}

test('what is over stands last, the rest keeps its time', () => {
  const all = [lesson('a', 'VALID'), lesson('b', 'planned'), lesson('c', 'live'), lesson('d', 'UNREASONABLE_MISSED')];
  expect(inOrder(all).map((entry) => entry.lesson.id)).toEqual(['b', 'c', 'a', 'd']);
});

test('rooms are counted by their light', () => {
  const all = [lesson('a', 'planned', 'green', 'amber'), lesson('b', 'live', 'red'), lesson('c', 'VALID', 'over')];
  expect(counts(all)).toEqual({ green: 1, amber: 1, red: 1, over: 1 });
});

test('every state of a lesson has a word', () => {
  const states = [
    'planned',
    'live',
    'UNJUDGED',
    'VALID',
    'INVALID',
    'REASONABLE_MISSED',
    'UNREASONABLE_MISSED',
  ] as const;
  expect(states.map(stateWord)).toEqual(['planned', 'live', 'over', 'over', 'over', 'excused', 'missed']);
});

test('every reason has words in both languages', () => {
  const own =
    'no_device silent not_on not_joined not_in_class waiting_for_teacher not_started missed excused one_camera';
  for (const language of LANGUAGES) {
    const ready = (catalogs() as Record<string, Record<string, { reason: Record<string, string> }>>)[language]?.ready;
    expect(Object.keys(ready?.reason ?? {})).toEqual(own.split(' '));
  }
  expect(reasonKey('silent')).toBe('ready:reason.silent');
  expect(reasonKey('camera.missing')).toBe('devices:fault.camera.missing.name');
});
