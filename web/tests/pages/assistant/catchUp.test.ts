// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RoomNow } from '@/api/schema.gen';
import { setLanguage } from '@/i18n/language.svelte';
import RoomHealth from '@/pages/assistant/RoomHealth.svelte';
import { changing } from '../fixture/changing.svelte';
import { room } from './room';

type Device = RoomNow['devices'][number];

let app: Record<string, unknown>;
let props: { room: RoomNow; lesson: string | null };

beforeEach(() => {
  setLanguage('en');
  vi.useFakeTimers();
  vi.stubGlobal('fetch', async () => new Response('{"reached": true}'));
  props = changing({ room: told(false), lesson: 'lesson-1' });
  app = mount(RoomHealth, { target: document.body, props });
});

afterEach(() => {
  unmount(app);
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The room as its screen told last; catchingUp: it plays what it missed. */
function told(catchingUp: boolean): RoomNow {
  const health: Device['health'] = {
    kind: 'page',
    version: '',
    camera: 'ok',
    microphone: 'ok',
    sound: 'ok',
    width: 1920,
    height: 1080,
    clock_ms: 0,
    level: 0,
    lesson: 'lesson-1',
    rung: 'full',
    rtt_ms: 5,
    catching_up: catchingUp,
    cameras: 1,
  };
  const device: Device = {
    id: 'device-1',
    room: 'room-1',
    name: '',
    kind: 'page',
    paired: '',
    paired_by: null,
    online: true,
    heard: null,
    tested: null,
    health,
    faults: [],
  };
  return room('room-1', [device]);
}

async function asks(): Promise<string> {
  flushSync();
  button('play what it missed').click();
  await vi.advanceTimersByTimeAsync(0);
  return words();
}

function button(label: string): HTMLButtonElement {
  const found = [...document.querySelectorAll('button')].find(({ textContent }) => textContent?.includes(label));
  if (!found) throw new Error(`no button "${label}"`);
  return found;
}

function words(): string {
  flushSync();
  return document.body.textContent ?? '';
}

test('what the screen has played to its end is no longer there to be stopped', async () => {
  expect(await asks()).toContain('Stop playing it');
  props.room = told(true);
  expect(words()).toContain('Stop playing it');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(words()).toContain('Stop playing it');
  props.room = told(false);
  expect(words()).not.toContain('Stop playing it');
});

test('a screen that had missed nothing is not to be stopped for long', async () => {
  expect(await asks()).toContain('Stop playing it');
  await vi.advanceTimersByTimeAsync(20_000);
  expect(words()).not.toContain('Stop playing it');
});

test('what the class began by its own key can be stopped from here', async () => {
  props.room = told(true);
  flushSync();
  button('Stop playing it').click();
  await vi.advanceTimersByTimeAsync(0);
  expect(words()).toContain('play what it missed');
});
