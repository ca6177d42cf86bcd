// @vitest-environment happy-dom
import { mount, tick, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLanguage } from '@/i18n/language.svelte';
import RecordingList from '@/pages/replay/RecordingList.svelte';
import Watch from '@/pages/replay/Watch.svelte';
import type { RecordingCard, Replay } from '@/replay/manifest';

/** What the server would answer: a status and a body, by address. */
let answers: Record<string, { status: number; body?: unknown } | 'no network'> = {};
let asked: string[] = [];
let page: ReturnType<typeof mount> | null = null;

const CARD: RecordingCard = {
  id: 'lesson-1',
  title: '认识分数',
  subject: '数学',
  mode: 'blended',
  started: '2026-11-20T01:00:00Z',
  duration_ms: 2_400_000,
  bytes: 612_000_000,
  state: 'finished',
  publishing: { state: 'done', progress: 1 },
  poster: null,
  schools: ['中心小学', '第一教学点'],
};

const REPLAY: Replay = {
  ...CARD,
  origin_ms: 0,
  people: [],
  media: [],
  chapters: [],
  gaps: [],
  thumbs: null,
  waveform: null,
};

async function answer(address: RequestInfo | URL): Promise<Response> {
  asked.push(String(address));
  const found = answers[String(address)] ?? { status: 404 };
  if (found === 'no network') throw new TypeError('fetch failed');
  return new Response(JSON.stringify(found.body ?? {}), { status: found.status });
}

async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  await tick();
}

async function shown(open: () => ReturnType<typeof mount>): Promise<string> {
  page = open();
  await settled();
  return document.body.textContent ?? '';
}

const list = (): Promise<string> => shown(() => mount(RecordingList, { target: document.body }));
const watch = (): Promise<string> => shown(() => mount(Watch, { target: document.body, props: { id: 'lesson-1' } }));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', answer);
  setLanguage('en');
  history.replaceState(null, '', '/replay');
  asked = [];
});

afterEach(async () => {
  if (page) await unmount(page);
  page = null;
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('the list of recordings', () => {
  it('shows of each its title, subject, length, size and schools, and leads to it', async () => {
    answers = { '/api/recordings?q=': { status: 200, body: { recordings: [CARD] } } };
    const words = await list();
    for (const word of ['认识分数', '数学', '40 minutes', '612 MB', '中心小学', '第一教学点', '1 lesson'])
      expect(words).toContain(word);
    expect(document.querySelector('a[href="/replay/lesson-1"]')?.textContent).toBe('认识分数');
  });

  it('says what a recording is waiting for', async () => {
    const running = { ...CARD, publishing: { state: 'running', progress: 0.42 } };
    const live = { ...CARD, id: 'lesson-2', state: 'recording', publishing: { state: 'waiting', progress: 0 } };
    answers = { '/api/recordings?q=': { status: 200, body: { recordings: [running, live] } } };
    const words = await list();
    expect(words).toContain('Being prepared, 42%');
    expect(words).toContain('Class is on, recording');
  });

  it('looks again by itself while something is being prepared, and rests when nothing is', async () => {
    const running = { ...CARD, publishing: { state: 'running', progress: 0.42 } };
    answers = { '/api/recordings?q=': { status: 200, body: { recordings: [running] } } };
    await list();
    answers = { '/api/recordings?q=': { status: 200, body: { recordings: [CARD] } } };
    await vi.advanceTimersByTimeAsync(4000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  it('teaches how a first recording comes about', async () => {
    answers = { '/api/recordings?q=': { status: 200, body: { recordings: [] } } };
    expect(await list()).toContain('No recordings yet');
  });

  it('searches what is typed, keeps it in the address, and says when nothing is found', async () => {
    answers = {
      '/api/recordings?q=': { status: 200, body: { recordings: [CARD] } },
      '/api/recordings?q=%E9%9F%B3%E4%B9%90': { status: 200, body: { recordings: [] } },
    };
    await list();
    const box = document.querySelector('input') as HTMLInputElement;
    box.value = '音乐';
    box.dispatchEvent(new Event('input', { bubbles: true }));
    await vi.advanceTimersByTimeAsync(250);
    await tick();
    expect(document.body.textContent).toContain('Nothing found for "音乐"');
    expect(location.search).toBe(`?q=${encodeURIComponent('音乐')}`);
  });

  it('asks a device that is not known for its link', async () => {
    answers = { '/api/recordings?q=': { status: 401 } };
    expect(await list()).toContain('Please sign in to watch');
  });
});

describe('one recording', () => {
  const address = '/api/recordings/lesson-1';

  it('says that class is still on', async () => {
    answers = { [address]: { status: 200, body: { ...REPLAY, state: 'recording' } } };
    expect(await watch()).toContain('This class is still on');
  });

  it('counts up by itself while it is being prepared', async () => {
    answers = { [address]: { status: 200, body: { ...REPLAY, publishing: { state: 'running', progress: 0.3 } } } };
    expect(await watch()).toContain('30%');
    answers = { [address]: { status: 200, body: { ...REPLAY, publishing: { state: 'running', progress: 0.8 } } } };
    await vi.advanceTimersByTimeAsync(2500);
    await tick();
    expect(document.body.textContent).toContain('80%');
  });

  it.each([
    [401, 'Please sign in to watch'],
    [403, 'You may not watch this replay'],
    [404, 'This lesson has no replay for you'],
    [500, 'This replay cannot be opened'],
    [503, 'The Tongke server cannot be reached'],
  ])('says in words why it does not open: %d', async (status, words) => {
    answers = { [address]: { status } };
    expect(await watch()).toContain(words);
  });

  it('tries again by itself when the network comes back', async () => {
    answers = { [address]: 'no network' };
    expect(await watch()).toContain('The Tongke server cannot be reached');
    answers = { [address]: { status: 200, body: { ...REPLAY, state: 'recording' } } };
    await vi.advanceTimersByTimeAsync(2500);
    await tick();
    expect(document.body.textContent).toContain('This class is still on');
  });
});
