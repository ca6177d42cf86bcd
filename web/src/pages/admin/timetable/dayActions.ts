/** What somebody does with one dated lesson, and how it is taken back. Each answer is the trouble, or null. */
import { ask, type Trouble } from '@/api/ask';
import type { Change, ChangeForm, GridLesson } from '@/api/schema.gen';

/** Whether the lesson can still be changed through its entry: it is from the timetable and lies ahead. */
export function liesAhead(lesson: GridLesson, nowMs: number): boolean {
  return lesson.entry_id !== null && lesson.entry_day !== null && lesson.start_ms > nowMs;
}

/** Whether the lesson can be given up with a reason: it was not held and does not run. */
export function canExcuse({ state }: GridLesson): boolean {
  return state === 'planned' || state === 'UNREASONABLE_MISSED' || state === 'REASONABLE_MISSED';
}

function kept(outcome: { kind: 'done' } | Trouble): Trouble | null {
  return outcome.kind === 'done' ? null : outcome;
}

/** Changes one day of the entry behind a lesson. */
export async function changeDay(lesson: GridLesson, body: ChangeForm): Promise<Trouble | null> {
  const parts = { id: lesson.entry_id ?? '' };
  return kept(await ask('POST /api/county/entries/{id}/change', { parts, body }));
}

/** Puts a day back as it was: as an earlier change said, or as the timetable says. */
export async function putDayBack(lesson: GridLesson, before: Change | null): Promise<Trouble | null> {
  if (before) {
    const { entry_id: _, ...form } = before;
    return changeDay(lesson, form);
  }
  const parts = { id: lesson.entry_id ?? '' };
  const body = { day: lesson.entry_day ?? '' };
  return kept(await ask('POST /api/county/entries/{id}/restore', { parts, body }));
}

/** Says why a lesson is not, or was not, held; `byEntry`: through its entry, which is in one's hands and lies ahead. */
export async function giveUp(lesson: GridLesson, reason: string, byEntry: boolean): Promise<Trouble | null> {
  if (byEntry) {
    return changeDay(lesson, { day: lesson.entry_day ?? '', kind: 'cancelled', reason });
  }
  const parts = { id: lesson.id };
  return kept(await ask('POST /api/county/lessons/{id}/excuse', { parts, body: { reason } }));
}

/** Takes a reason back: the lesson is held after all, or counts as missed. */
export async function takeBack(lesson: GridLesson, change: Change | null, byEntry: boolean): Promise<Trouble | null> {
  if (change?.kind === 'cancelled' && byEntry) return putDayBack(lesson, null);
  return kept(await ask('POST /api/county/lessons/{id}/restore', { parts: { id: lesson.id } }));
}
