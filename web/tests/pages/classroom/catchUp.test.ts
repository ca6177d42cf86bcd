// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setLanguage } from '@/i18n/language.svelte';
import CatchUp from '@/pages/classroom/CatchUp.svelte';
import { FixtureLesson, ROOM } from '../fixture/lesson.svelte';

let app: Record<string, unknown>;
let lesson: FixtureLesson;
let asked: string[];
let answer: unknown;
let told: boolean[];

beforeEach(() => {
  setLanguage('en');
  vi.useFakeTimers();
  asked = [];
  told = [];
  answer = { recorded: true, spans: [] };
  vi.stubGlobal('fetch', async (address: string) => {
    asked.push(address);
    return new Response(JSON.stringify(answer));
  });
  vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(async () => undefined);
});

afterEach(() => {
  unmount(app);
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function show(): void {
  lesson = new FixtureLesson();
  lesson.you = { id: 'room-1', role: 'classroom' };
  lesson.room = {
    ...ROOM,
    people: ROOM.people.map((each) => (each.id === 'room-1' ? { ...each, rung: 'voice' } : each)),
  };
  app = mount(CatchUp, { target: document.body, props: { lesson, onplaying: (on: boolean) => told.push(on) } });
  flushSync();
}

/** Lets the lesson go on until `atMs`, its media as said. */
async function goOn(atMs: number, media: FixtureLesson['media']): Promise<string> {
  lesson.media = media;
  lesson.elapsedMs = atMs;
  await vi.advanceTimersByTimeAsync(300);
  flushSync();
  return document.body.textContent ?? '';
}

async function cut(): Promise<string> {
  await goOn(100_000, 'playing');
  await goOn(110_000, 'lost');
  return goOn(148_000, 'playing');
}

function press(key: string): string {
  window.dispatchEvent(new KeyboardEvent('keydown', { key }));
  flushSync();
  return document.body.textContent ?? '';
}

test('a cut is offered, played by a key with the lesson lowered, and stopped by the same key', async () => {
  show();
  expect(await cut()).toContain('you missed 0:40');
  expect(lesson.calls).toEqual([]);
  expect(press('ArrowLeft')).toContain('What you missed: 0:40');
  expect(lesson.calls).toEqual([['lower', true]]);
  expect(told).toEqual([true]);
  expect(press('ArrowLeft')).toBe('');
  expect(told).toEqual([true, false]);
  expect(lesson.calls).toEqual([
    ['lower', true],
    ['lower', false],
  ]);
});

test('without a cut the key does nothing', async () => {
  show();
  await goOn(100_000, 'playing');
  expect(press('ArrowLeft')).toBe('');
  expect(lesson.calls).toEqual([]);
});

test('what nobody recorded, since the server was away, is not offered', async () => {
  show();
  await goOn(100_000, 'playing');
  lesson.connection = { phase: 'lost', sinceMs: 0 };
  await goOn(110_000, 'lost');
  lesson.connection = { phase: 'open' };
  lesson.recordedFromMs = 146_000;
  await goOn(146_500, 'lost');
  expect(await goOn(148_000, 'playing')).toBe('');
  await goOn(160_000, 'lost');
  expect(await goOn(198_000, 'playing')).toContain('you missed 0:40');
});

test('an offer that nobody takes goes by itself, and what was missed can still be asked for', async () => {
  show();
  await cut();
  await vi.advanceTimersByTimeAsync(120_000);
  flushSync();
  expect(document.body.textContent).toBe('');
  lesson.catchUp = { type: 'catch_up', on: true };
  flushSync();
  expect(document.body.textContent).toContain('What you missed: 0:40');
  lesson.catchUp = { type: 'catch_up', on: false };
  flushSync();
  expect(document.body.textContent).toBe('');
});

test('a class that gets the floor is back in the lesson at once', async () => {
  show();
  await cut();
  press('c');
  lesson.room = { ...ROOM, floor: 'room-1' };
  expect(await goOn(149_000, 'playing')).toBe('');
  expect(lesson.calls.at(-1)).toEqual(['lower', false]);
});

test('a screen that was switched off in the middle of the lesson learns from the server what it missed', async () => {
  answer = { recorded: true, spans: [{ from_ms: 700_000, until_ms: 750_000 }] };
  show();
  expect(await goOn(755_000, 'playing')).toContain('you missed 0:50');
  expect(asked).toEqual(['/api/lessons/lesson-1/missed']);
});
