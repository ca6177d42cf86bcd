/** Which lesson a classroom's screen belongs in, by value: it goes there, and on to the next, without a hand. */
import type { Connection, RoomNow } from '@/room/interface';
import type { LessonToday } from '@/ui/api';

/** How this screen stands in its lesson. `broken` is not the end: it goes in again by itself. */
export type Standing = 'here' | 'over' | 'elsewhere' | 'outdated' | 'broken';

export function standingOf(phase: RoomNow['phase'] | undefined, connection: Connection): Standing {
  if (phase === 'ended') return 'over';
  if (connection.phase !== 'closed') return 'here';
  switch (connection.code) {
    case 'ended':
    case 'no_such_lesson':
      return 'over';
    case 'replaced':
      return 'elsewhere';
    case 'version':
      return 'outdated';
    default:
      return 'broken';
  }
}

/** Half an hour: a lesson that nobody opened by then is not coming. */
const LATE_MS = 30 * 60_000;

/** The lesson this screen belongs in now: the one in class, else the next; null when there is none today. */
export function lessonFor(lessons: readonly LessonToday[], nowMs: number): LessonToday | null {
  const live = lessons.find((entry) => entry.state === 'live');
  if (live) return live;
  const planned = lessons.filter(
    (entry) => entry.state === 'planned' && Date.parse(entry.lesson.planned_end) + LATE_MS > nowMs,
  );
  return planned[0] ?? null;
}

/** How long "class is over" stays before the next lesson's waiting screen. */
export const GOODBYE_MS = 60_000;

export type Step =
  | { readonly kind: 'stay' }
  | { readonly kind: 'open'; readonly id: string }
  | { readonly kind: 'reload' }
  | { readonly kind: 'leave' };

/** The lesson this screen is in. `overForMs`: since when it has been over; 0 while it is not. */
export interface Place {
  readonly id: string;
  readonly standing: Standing;
  readonly overForMs: number;
}

/** Where to go from `place` (null: nowhere yet), when the timetable now says `entry`. */
export function stepFor(place: Place | null, entry: LessonToday | null): Step {
  const to: Step = entry === null ? { kind: 'leave' } : { kind: 'open', id: entry.lesson.id };
  if (place === null) return to;
  const same = entry?.lesson.id === place.id;
  switch (place.standing) {
    case 'elsewhere':
      return { kind: 'stay' };
    case 'here':
      return same ? { kind: 'stay' } : to;
    case 'over':
      if (same || (entry?.state !== 'live' && place.overForMs < GOODBYE_MS)) return { kind: 'stay' };
      return to;
    case 'outdated': // a newer server speaks another version: only the newer page understands it
      return { kind: 'reload' };
    case 'broken':
      return to;
  }
}
