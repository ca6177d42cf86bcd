// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test } from 'vitest';
import LessonRoom from '@/pages/teacher/LessonRoom.svelte';
import type { Slot } from '@/room/interface';
import { FixtureLesson } from './fixture/lesson.svelte';

let loads: (MediaStream | null)[];
const before = Object.getOwnPropertyDescriptor(HTMLVideoElement.prototype, 'srcObject');

// A browser starts to load anew at every assignment, of the same stream too: the assignments are what counts.
beforeEach(() => {
  loads = [];
  const kept = new WeakMap<HTMLVideoElement, MediaStream | null>();
  Object.defineProperty(HTMLVideoElement.prototype, 'srcObject', {
    configurable: true,
    get(this: HTMLVideoElement) {
      return kept.get(this) ?? null;
    },
    set(this: HTMLVideoElement, stream: MediaStream | null) {
      loads.push(stream);
      kept.set(this, stream);
    },
  });
});

afterEach(() => {
  if (before) Object.defineProperty(HTMLVideoElement.prototype, 'srcObject', before);
  else Reflect.deleteProperty(HTMLVideoElement.prototype, 'srcObject');
});

test('a picture is loaded once, however often its tile changes', () => {
  const lesson = new FixtureLesson();
  const video = new MediaStream();
  const slot: Slot = {
    index: 0,
    seat: { slot: 0, participant: 'room-1', video: 'camera', audio: 'microphone', place: 'strip' },
    person: null,
    video,
    audio: new MediaStream(),
    playing: true,
  };
  lesson.slots = [slot];
  const app = mount(LessonRoom, {
    target: document.body,
    props: { lesson, onback: () => undefined, onagain: () => undefined },
  });
  flushSync();
  for (const level of [10, 20, 30]) {
    lesson.levels = { 'room-1': level };
    lesson.slots = [{ ...slot, playing: level > 10 }];
    flushSync();
  }
  expect(loads.filter((stream) => stream === video)).toHaveLength(1);
  unmount(app);
});
