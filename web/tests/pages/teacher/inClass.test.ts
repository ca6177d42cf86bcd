// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setLanguage } from '@/i18n/language.svelte';
import LessonRoom from '@/pages/teacher/LessonRoom.svelte';
import { FixtureLesson, PEOPLE, ROOM } from '../fixture/lesson.svelte';

let lesson: FixtureLesson;
let app: Record<string, unknown>;

function show(prepare: (lesson: FixtureLesson) => void = () => undefined): void {
  lesson = new FixtureLesson();
  prepare(lesson);
  app = mount(LessonRoom, {
    target: document.body,
    props: { lesson, onback: () => undefined, onagain: () => undefined },
  });
  flushSync();
}

function button(name: string): HTMLButtonElement {
  const found = [...document.querySelectorAll('button')].find(
    (one) => (one.getAttribute('aria-label') ?? one.textContent?.trim()) === name,
  );
  if (!found) throw new Error(`no button ${name}`);
  return found;
}

beforeEach(() => setLanguage('en'));

afterEach(() => {
  unmount(app);
  document.body.replaceChildren();
});

test('before class one tap starts it', () => {
  show((one) => {
    one.room = { ...ROOM, phase: 'waiting' };
  });
  button('Start class').click();
  expect(lesson.calls).toEqual([['startLesson', true]]);
});

test('before class a teacher without a line reads why she cannot start', () => {
  show((one) => {
    one.room = { ...ROOM, phase: 'waiting' };
    one.connection = { phase: 'joining' };
    one.turnedAway = 'internal';
  });
  expect(button('Start class').disabled).toBe(true);
  expect(document.querySelector('.go')?.textContent).toContain('The server cannot read its data just now');
});

test('while the server is stopped the teacher is not told that it records', () => {
  show((one) => {
    one.room = { ...ROOM, phase: 'live', recording: true };
  });
  const header = document.querySelector('header');
  expect(header?.textContent).toContain('Recording');
  lesson.turnedAway = 'draining';
  lesson.connection = { phase: 'lost', sinceMs: 0 };
  flushSync();
  expect(header?.textContent).not.toMatch(/record/i);
  lesson.turnedAway = null; // a killed server does not say that it stops
  flushSync();
  expect(header?.textContent).toContain('Recording');
  lesson.media = 'lost';
  flushSync();
  expect(header?.textContent).not.toMatch(/record/i);
});

test('a device that fails is named in words, and class can start without it', () => {
  show((one) => {
    one.room = { ...ROOM, phase: 'waiting' };
    one.camera = { ...one.camera, on: false, capture: { state: 'failed', problem: 'busy' } };
  });
  expect(document.querySelector('[role=alert]')?.textContent).toContain('Another program is using the camera');
  button('Start without camera').click();
  button('Try again').click();
  expect(lesson.calls).toEqual([['startLesson', true], ['openDevices']]);
});

test('a tap on a tile calls on it, a second tap takes the floor back', () => {
  show();
  button('Call on 第一教学点').click();
  lesson.room = { ...ROOM, floor: 'room-1' };
  flushSync();
  button('Take the floor back from 第一教学点').click();
  expect(lesson.calls).toEqual([['callOn', 'room-1'], ['returnFloor']]);
});

test('a raised hand shows the school and its place in the row, and can be lowered', () => {
  show((one) => {
    one.room = {
      ...ROOM,
      people: PEOPLE.map((who) => (who.id === 'room-2' ? { ...who, hand: true, hand_at: 4 } : who)),
    };
  });
  expect(document.querySelector('.hands')?.textContent).toContain('第二教学点');
  expect(document.querySelector('.raised')?.textContent).toContain('number 1');
  button('Lower the hand of 第二教学点').click();
  expect(lesson.calls).toEqual([['hand', false, 'room-2']]);
});

test('a classroom that is not here cannot be called on', () => {
  show((one) => {
    one.room = {
      ...ROOM,
      people: PEOPLE.map((who) => (who.id === 'room-3' ? { ...who, presence: 'expected' as const } : who)),
    };
  });
  expect(button('Call on 第三教学点').disabled).toBe(true);
});

test('speaking while muted is said at once, with one tap to unmute', () => {
  show((one) => {
    one.microphone = { ...one.microphone, muted: true, speakingWhileMuted: true };
  });
  expect(document.querySelector('[role=alert]')?.textContent).toContain('nobody hears you');
  button('Unmute').click();
  expect(lesson.calls).toEqual([['setMuted', false]]);
});

test('clearing a page asks nothing and offers to undo', () => {
  show();
  button('Clear this page').click();
  flushSync();
  const [undo, ...others] = document.querySelectorAll<HTMLButtonElement>('.shelf button');
  expect(others.map((other) => other.getAttribute('aria-label'))).toEqual(['Put this away']);
  undo?.click();
  expect(lesson.calls).toEqual([['clearPage'], ['undo']]);
});

test('the offer to undo the clearing ends with the next touch of the board', () => {
  show();
  button('Clear this page').click();
  flushSync();
  document.querySelector('.sheet')?.dispatchEvent(new Event('pointerdown', { bubbles: true }));
  flushSync();
  expect(document.querySelectorAll('.shelf button')).toHaveLength(0);
});

test('when it is not recorded the page says why', () => {
  show((one) => {
    one.room = { ...ROOM, recording: false, recording_reason: 'disk_full' };
  });
  expect(document.querySelector('.signs')?.textContent).toContain("Not recording · the server's disk is nearly full");
});

test('a lesson that names no class says for which room, and what to do', async () => {
  const planned = {
    id: lesson.card?.id,
    origin: 'timetable',
    mode: 'delivery',
    lead_room_id: null,
    rooms: [{ id: 'r1', school: '河口教学点', name: '一号教室', joined_as: 'planned' }],
    classes: [],
  };
  const asked = vi.fn(async (_path: string) => Response.json({ lessons: [planned] }));
  vi.stubGlobal('fetch', asked);
  show((one) => {
    one.room = { ...ROOM, recording: false, recording_reason: 'no_class' };
  });
  const notices = () => document.querySelector('.notices')?.textContent;
  expect(notices()).toContain('no class is named for one of the rooms');
  await vi.waitFor(() => expect(notices()).toContain('no class is named for: 河口教学点 一号教室'));
  expect(notices()).toContain('enter in the timetable which class sits there');
  expect(String(asked.mock.calls[0]?.[0])).toContain('of=teacher');
  vi.unstubAllGlobals();
});

test('ending the class asks first', () => {
  show();
  button('End class').click();
  flushSync();
  expect(lesson.calls).toEqual([]);
  const yes = [...document.querySelectorAll<HTMLButtonElement>('dialog button')].at(-1);
  yes?.click();
  expect(lesson.calls).toEqual([['endLesson']]);
});

test('a screen share tells what the others see', () => {
  show((one) => {
    one.screenShare = { ...one.screenShare, capture: { state: 'live', label: '', deviceId: '' } };
  });
  expect(document.querySelector('.notices')?.textContent).toContain('The classrooms now see your shared screen');
});

test('over the board a file that is dragged is invited, and a text is not', () => {
  show();
  const board = document.querySelector('main');
  const drag = (type: string, types: readonly string[]): Event => {
    const event = Object.assign(new Event(type, { bubbles: true, cancelable: true }), {
      dataTransfer: { types, files: [] },
    });
    board?.dispatchEvent(event);
    flushSync();
    return event;
  };
  expect(drag('dragover', ['text/plain']).defaultPrevented).toBe(false);
  expect(document.querySelector('.drop')).toBeNull();
  expect(drag('dragover', ['Files']).defaultPrevented).toBe(true);
  expect(document.querySelector('.drop')?.textContent).not.toBe('');
  drag('drop', ['Files']);
  expect(document.querySelector('.drop')).toBeNull();
});
