/** Terms, special days and bells as somebody types them: what is wrong with them, and the next line to add. Pure. */
import type { Bell, BellForm, SpecialDay } from '@/api/schema.gen';
import { addDays, daysBetween, minuteIn, minuteText } from '@/ui/days';

const MAX_TERM_DAYS = 400;

export type TermFault = 'name' | 'days' | 'order' | 'long';

/** What keeps a term from being saved. */
export function faultOfTerm(name: string, begins: string, ends: string): TermFault | null {
  if (name.trim() === '') return 'name';
  if (begins === '' || ends === '') return 'days';
  if (ends < begins) return 'order';
  return daysBetween(begins, ends) >= MAX_TERM_DAYS ? 'long' : null;
}

/** A bell as it is typed. */
export interface BellDraft {
  readonly period: number;
  readonly starts: string;
  readonly ends: string;
}

export function bellDrafts(bells: readonly Bell[]): BellDraft[] {
  return [...bells]
    .sort((one, other) => one.period - other.period)
    .map(({ period, starts_min, ends_min }) => ({
      period,
      starts: minuteText(starts_min),
      ends: minuteText(ends_min),
    }));
}

/** One period more: after the last one, with the break and the length of the ones before. */
export function nextBell(bells: readonly BellDraft[]): BellDraft {
  const last = bells.at(-1);
  const [starts, ends] = last ? [minuteIn(last.starts), minuteIn(last.ends)] : [null, null];
  if (!last || starts === null || ends === null)
    return { period: (last?.period ?? 0) + 1, starts: '08:20', ends: '09:00' };
  const from = Math.min(ends + 10, 1380);
  return { period: last.period + 1, starts: minuteText(from), ends: minuteText(Math.min(from + ends - starts, 1440)) };
}

export interface BellFault {
  readonly period: number;
  readonly why: 'time' | 'order' | 'overlap';
}

/** The first line that cannot be: no time, an end before its start, or a start before the period before is over. */
export function faultOfBells(bells: readonly BellDraft[]): BellFault | null {
  let over = -1;
  for (const { period, starts, ends } of bells) {
    const [from, to] = [minuteIn(starts), minuteIn(ends)];
    if (from === null || to === null) return { period, why: 'time' };
    if (to <= from) return { period, why: 'order' };
    if (from < over) return { period, why: 'overlap' };
    over = to;
  }
  return null;
}

export function bellForms(bells: readonly BellDraft[]): BellForm[] {
  return bells.map(({ period, starts, ends }) => ({
    period,
    starts_min: minuteIn(starts) ?? 0,
    ends_min: minuteIn(ends) ?? 0,
  }));
}

/** The periods of a usual day of a rural primary school, to begin with: six of 40 minutes with a long break at noon. */
export const USUAL_BELLS: readonly BellDraft[] = [
  { period: 1, starts: '08:20', ends: '09:00' },
  { period: 2, starts: '09:10', ends: '09:50' },
  { period: 3, starts: '10:20', ends: '11:00' },
  { period: 4, starts: '11:10', ends: '11:50' },
  { period: 5, starts: '14:10', ends: '14:50' },
  { period: 6, starts: '15:00', ends: '15:40' },
];

/** All days of a holiday, its first and last included; days that are special already are set anew. */
export function withHoliday(days: readonly SpecialDay[], from: string, to: string, name: string): SpecialDay[] {
  const span = Array.from({ length: Math.max(0, daysBetween(from, to)) + 1 }, (_, index) => addDays(from, index));
  return inOrder([
    ...days.filter(({ day }) => !span.includes(day)),
    ...span.map((day) => ({ day, follows: null, name })),
  ]);
}

/** A make-up day, taught by the timetable of the day it follows. */
export function withMakeUp(days: readonly SpecialDay[], day: string, follows: string, name: string): SpecialDay[] {
  return inOrder([...days.filter((one) => one.day !== day), { day, follows, name }]);
}

export function without(days: readonly SpecialDay[], gone: readonly string[]): SpecialDay[] {
  return days.filter(({ day }) => !gone.includes(day));
}

/** Special days as people read them: a holiday of several days in a row is one line. */
export interface Stretch {
  readonly from: string;
  readonly to: string;
  readonly follows: string | null;
  readonly name: string;
}

export function stretches(days: readonly SpecialDay[]): Stretch[] {
  const found: Stretch[] = [];
  for (const { day, follows, name } of inOrder(days)) {
    const last = found.at(-1);
    const goesOn = last && last.follows === null && !follows && last.name === name && addDays(last.to, 1) === day;
    if (goesOn) found[found.length - 1] = { ...last, to: day };
    else found.push({ from: day, to: day, follows: follows ?? null, name: name ?? '' });
  }
  return found;
}

/** The days of a stretch. */
export function daysOf({ from, to }: Stretch): string[] {
  return Array.from({ length: daysBetween(from, to) + 1 }, (_, index) => addDays(from, index));
}

function inOrder(days: readonly SpecialDay[]): SpecialDay[] {
  return [...days].sort((one, other) => (one.day < other.day ? -1 : 1));
}
