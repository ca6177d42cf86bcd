/** The span of days the list shows, and its lessons by day. Pure. */
import type { GridLesson } from '@/api/schema.gen';
import { addDays, dayOf, mondayOf } from '@/ui/days';

export const SPANS = ['day', 'week', 'month'] as const;
export type SpanKind = (typeof SPANS)[number];

export interface Span {
  readonly from: string;
  readonly days: number;
}

/** The day, the week from Monday, or the month that `day` lies in. */
export function spanOf(kind: SpanKind, day: string): Span {
  if (kind === 'day') return { from: day, days: 1 };
  if (kind === 'week') return { from: mondayOf(day), days: 7 };
  const first = `${day.slice(0, 8)}01`;
  const next = `${addDays(first, 31).slice(0, 8)}01`;
  return { from: first, days: (Date.parse(next) - Date.parse(first)) / 86_400_000 };
}

/** A day in the span before or after. */
export function besides(kind: SpanKind, day: string, direction: 1 | -1): string {
  const { from, days } = spanOf(kind, day);
  return direction === 1 ? addDays(from, days) : addDays(from, -1);
}

export interface DayOfLessons {
  readonly day: string;
  readonly lessons: readonly GridLesson[];
}

/** Lessons of the chosen states by day, in order; with none chosen, all. */
export function byDay(lessons: readonly GridLesson[], zone: string, states: ReadonlySet<string>): DayOfLessons[] {
  const days = new Map<string, GridLesson[]>();
  for (const lesson of lessons) {
    if (states.size > 0 && !states.has(lesson.state)) continue;
    const day = dayOf(lesson.start_ms, zone);
    days.set(day, [...(days.get(day) ?? []), lesson]);
  }
  return [...days].map(([day, found]) => ({ day, lessons: found }));
}

/** A share as whole percent; a dash where nothing was due. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)}%`;
}
