// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setLanguage } from '@/i18n/language.svelte';
import LessonRoom from '@/pages/classroom/LessonRoom.svelte';
import type { Person } from '@/signaling/wire.gen';
import { CARD, FixtureLesson, PEOPLE, ROOM } from '../fixture/lesson.svelte';

let app: Record<string, unknown>;

function show(prepare: (lesson: FixtureLesson) => void, screen: 'a' | 'b' = 'a'): string {
  const lesson = new FixtureLesson();
  lesson.you = { id: 'room-1', role: 'classroom' };
  prepare(lesson);
  app = mount(LessonRoom, {
    target: document.body,
    props: { lesson, screen, next: null, nowMs: Date.parse(CARD.planned_start) - 65_000 },
  });
  flushSync();
  return document.body.textContent ?? '';
}

beforeEach(() => {
  setLanguage('en');
  vi.stubGlobal('fetch', async () => new Response('{"spans": []}'));
});

afterEach(() => {
  vi.unstubAllGlobals();
  unmount(app);
  document.body.replaceChildren();
});

test('a waiting class reads its name, the lesson and the time left', () => {
  const text = show((lesson) => {
    lesson.room = { ...ROOM, phase: 'waiting' };
  });
  for (const words of ['第一教学点', '勾股定理', 'Together with 中心小学', '1:05']) expect(text).toContain(words);
});

test('the class on the floor is told so', () => {
  const text = show((lesson) => {
    lesson.room = { ...ROOM, floor: 'room-1' };
  });
  expect(text).toContain('Your class is speaking');
});

test('a lost line keeps the board on the screen', () => {
  const text = show((lesson) => {
    lesson.connection = { phase: 'lost', sinceMs: 0 };
  });
  expect(text).toContain('The line is down');
  expect(document.querySelector('.sheet')).not.toBeNull();
});

test('a screen that hears nothing of the server does not say that it records', () => {
  const lost = (media: 'playing' | 'lost'): string =>
    show((lesson) => {
      lesson.connection = { phase: 'lost', sinceMs: 0 };
      lesson.media = media;
    });
  expect(lost('playing')).toContain('Recording');
  unmount(app);
  expect(lost('lost')).not.toContain('Recording');
});

test('a server that cannot read its data is named, so that nobody looks for a cable', () => {
  const text = show((lesson) => {
    lesson.room = null;
    lesson.connection = { phase: 'joining' };
    lesson.turnedAway = 'internal';
  });
  expect(text).toContain('The server cannot read its data just now');
});

test('a picture that nobody sends is not said to be on its way', () => {
  const seat = { slot: 0, participant: 'room-2', video: 'camera', audio: 'microphone', place: 'strip' } as const;
  const text = (changes: Partial<Person>): string =>
    show((lesson) => {
      const person = { ...(PEOPLE[2] as Person), ...changes };
      lesson.slots = [{ index: 0, seat, person, video: new MediaStream(), audio: new MediaStream(), playing: false }];
    });
  expect(text({})).toContain('Picture on its way');
  unmount(app);
  expect(text({ rung: 'sound' })).toContain('Sound only');
  unmount(app);
  expect(text({ live: ['microphone'] })).toContain('Camera is off');
  unmount(app);
  expect(text({ role: 'lead', rung: 'sound' })).toContain('Picture on its way');
});

test('a screen has no controls', () => {
  show((lesson) => {
    lesson.room = { ...ROOM, people: [...PEOPLE] };
  });
  expect(document.querySelectorAll('button, a, input, select')).toHaveLength(0);
});

test('the second window has no board', () => {
  const text = show(() => undefined, 'b');
  expect(text).toContain('The other classrooms are not here yet');
  expect(document.querySelector('.sheet')).toBeNull();
});

test('after class it says goodbye', () => {
  const text = show((lesson) => {
    lesson.room = { ...ROOM, phase: 'ended' };
  });
  expect(text).toContain('Class is over');
});
