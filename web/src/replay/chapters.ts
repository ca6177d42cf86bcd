/** The table of contents: which chapter is on, which is next, and its words as catalog keys. */

import type { Chapter, ReplayPerson } from '@/replay/manifest';
import { lastBefore } from '@/replay/timeline';

/** Index of the chapter that is on at `atMs`; -1 before the first. */
export function chapterAt(chapters: readonly Chapter[], atMs: number): number {
  return lastBefore(chapters, atMs, (chapter) => chapter.at_ms);
}

/** Pressing "previous" this soon after a chapter's start goes to the one before it, as on every player. */
const RESTART_WITHIN_MS = 3000;

export function previousChapter(chapters: readonly Chapter[], atMs: number): number {
  return chapters[chapterAt(chapters, atMs - RESTART_WITHIN_MS)]?.at_ms ?? 0;
}

/** Where the next chapter begins; null after the last. */
export function nextChapter(chapters: readonly Chapter[], atMs: number): number | null {
  return chapters[chapterAt(chapters, atMs) + 1]?.at_ms ?? null;
}

export interface ChapterWords {
  readonly key: string;
  readonly values: { readonly school?: string; readonly page?: number };
}

/** The catalog entry of a chapter's title and what fills it in. */
export function chapterWords(chapter: Chapter, people: readonly ReplayPerson[]): ChapterWords {
  const person = people.find((one) => one.id === chapter.participant);
  const school = person?.school ?? chapter.participant ?? '';
  switch (chapter.kind) {
    case 'page':
      return { key: 'replay:chapter.page', values: { page: chapter.page ?? 1 } };
    case 'floor':
      return { key: 'replay:chapter.floor', values: { school } };
    case 'screen':
      return {
        key: person?.role === 'lead' ? 'replay:chapter.screen_lead' : 'replay:chapter.screen',
        values: { school },
      };
    default:
      return { key: `replay:chapter.${chapter.kind}`, values: {} };
  }
}
