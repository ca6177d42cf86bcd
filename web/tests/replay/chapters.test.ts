import { describe, expect, it } from 'vitest';
import { chapterAt, chapterWords, nextChapter, previousChapter } from '@/replay/chapters';
import type { Chapter, ReplayPerson } from '@/replay/manifest';

const CHAPTERS: Chapter[] = [
  { at_ms: 0, kind: 'started' },
  { at_ms: 60_000, kind: 'page', page: 2 },
  { at_ms: 90_000, kind: 'floor', participant: 'room-1' },
  { at_ms: 120_000, kind: 'screen', participant: 'staff-1' },
];
const PEOPLE: ReplayPerson[] = [
  { id: 'staff-1', role: 'lead', school: '中心小学', name: '主讲教师', colour: '#000000' },
  { id: 'room-1', role: 'classroom', school: '第一教学点', name: '三年级', colour: '#000000' },
];

describe('chapters', () => {
  it('are on from their time until the next', () => {
    expect([0, 59_999, 60_000, 1e9].map((at) => chapterAt(CHAPTERS, at))).toEqual([0, 0, 1, 3]);
    expect(chapterAt(CHAPTERS.slice(1), 0)).toBe(-1);
  });

  it('go to the next one, and after the last nowhere', () => {
    expect([0, 60_000, 120_000].map((at) => nextChapter(CHAPTERS, at))).toEqual([60_000, 90_000, null]);
  });

  it('go back to their own start, or within 3 s of it to the one before', () => {
    expect([95_000, 91_000, 2_000].map((at) => previousChapter(CHAPTERS, at))).toEqual([90_000, 60_000, 0]);
  });

  it('are worded by kind, school and page', () => {
    expect(CHAPTERS.map((chapter) => chapterWords(chapter, PEOPLE))).toEqual([
      { key: 'replay:chapter.started', values: {} },
      { key: 'replay:chapter.page', values: { page: 2 } },
      { key: 'replay:chapter.floor', values: { school: '第一教学点' } },
      { key: 'replay:chapter.screen_lead', values: { school: '中心小学' } },
    ]);
  });
});
