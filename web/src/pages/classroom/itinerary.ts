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
/** A screen goes into its lesson so long before the bell: time enough to see who is missing, and no longer than needed. */
export const JOIN_BEFORE_MS = 10 * 60_000;
/** The room is tested before its first lesson of the day, while there is still time to mend something. */
const TEST_FROM_MS = 30 * 60_000;
const TEST_UNTIL_MS = 2 * 60_000;
/** A test so long ago was that of another day. */
const TESTED_FOR_MS = 10 * 3_600_000;

/** The lesson this screen belongs in now: the one in class, else the next once its bell is near; null in between. */
export function lessonFor(lessons: readonly LessonToday[], nowMs: number): LessonToday | null {
  const live = lessons.find((entry) => entry.state === 'live');
  if (live) return live;
  return coming(lessons, nowMs).find((entry) => startOf(entry) - JOIN_BEFORE_MS <= nowMs) ?? null;
}

/** The lesson that comes next, for the screen between lessons; null when there is none today any more. */
export function nextFor(lessons: readonly LessonToday[], nowMs: number): LessonToday | null {
  return coming(lessons, nowMs)[0] ?? null;
}

/** What a screen between lessons knows of its timetable. */
export interface Known {
  /** What the report's answer called the timetable when the lessons were asked for last; null: nothing was known yet. */
  readonly askedOf: string | null;
  readonly askedMs: number;
  /** What the newest answer calls it, and when that came. */
  readonly timetable: string | null;
  readonly heardMs: number;
}

/** So long the lessons hold while reports say that they are the same: a new day begins in between. */
const HOLD_MS = 10 * 60_000;
/** Two reports went by without an answer: nobody would tell of a change. */
const HEARD_WITHIN_MS = 30_000;

/** Whether the lessons a screen has are still those of the server, so that it need not ask. */
export function stillHold(known: Known, nowMs: number): boolean {
  if (known.askedOf === null || known.askedOf !== known.timetable) return false;
  const asked = nowMs - known.askedMs;
  const heard = nowMs - known.heardMs;
  return asked >= 0 && asked < HOLD_MS && heard >= 0 && heard < HEARD_WITHIN_MS; // a clock set back counts as old
}

/** Whether the room is to be tested now, by itself. testedMs: when it was tested last; null: never. */
export function testIsDue(lessons: readonly LessonToday[], testedMs: number | null, nowMs: number): boolean {
  if (testedMs !== null && nowMs - testedMs < TESTED_FOR_MS) return false;
  if (lessons.some((entry) => entry.state === 'live')) return false;
  const next = nextFor(lessons, nowMs);
  if (next === null) return false;
  const left = startOf(next) - nowMs;
  return left >= TEST_UNTIL_MS && left <= TEST_FROM_MS;
}

function coming(lessons: readonly LessonToday[], nowMs: number): LessonToday[] {
  return lessons.filter((entry) => entry.state === 'planned' && Date.parse(entry.lesson.planned_end) + LATE_MS > nowMs);
}

function startOf(entry: LessonToday): number {
  return Date.parse(entry.lesson.planned_start);
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
