/** The week grid as data: which days and periods it has, and in which cell each lesson stands. Pure. */
import type { Bell, GridLesson, SpecialDay, Term } from '@/api/schema.gen';
import { addDays, dayOf, minuteOf, weekdayOf } from '@/ui/days';

/** When a period is, in minutes since local midnight. */
export interface Period {
  readonly period: number;
  readonly starts_min: number;
  readonly ends_min: number;
}

/** One day of the week. `taughtAs`: the day whose timetable it follows, itself as a rule; null without school. */
export interface Column {
  readonly day: string;
  readonly weekday: number;
  readonly taughtAs: string | null;
  readonly name: string;
  readonly today: boolean;
}

/** One line of the grid: a period, or with `period` null what no bell rings for. `afterBreak`: a long one lies before. */
export interface Row {
  readonly period: Period | null;
  readonly afterBreak: boolean;
}

export interface Week {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly cells: ReadonlyMap<string, readonly GridLesson[]>;
}

const LONG_BREAK_MIN = 45;

/** The periods that ring in a school: its own where it has one, else the county's. */
export function periodsOf(bells: readonly Bell[], schoolId: string | null): Period[] {
  const own = bells.filter((bell) => schoolId !== null && bell.school_id === schoolId);
  const ringing = own.length > 0 ? own : bells.filter((bell) => bell.school_id === null);
  return [...ringing].sort((one, other) => one.starts_min - other.starts_min);
}

/** The period a lesson overlaps most, by the clock on the wall; null where none. */
export function periodAt(starts: number, ends: number, periods: readonly Period[]): Period | null {
  let found: Period | null = null;
  let most = 0;
  for (const period of periods) {
    const shared = Math.min(ends, period.ends_min) - Math.max(starts, period.starts_min);
    if (shared > most) [found, most] = [period, shared];
  }
  return found;
}

/** Where a cell's lessons are kept in `Week.cells`. */
export function cellKey(day: string, period: Period | null): string {
  return `${day}/${period ? period.period : 'other'}`;
}

/** The days of the week from `monday`: Monday to Friday, and a weekend day that is taught or has a lesson. */
export function columnsOf(
  monday: string,
  term: Term | null,
  special: readonly SpecialDay[],
  busy: ReadonlySet<string>,
  today: string,
): Column[] {
  const columns: Column[] = [];
  for (let offset = 0; offset < 7; offset++) {
    const day = addDays(monday, offset);
    const named = special.find((one) => one.day === day);
    const inTerm = term !== null && term.begins <= day && day <= term.ends;
    const column: Column = {
      day,
      weekday: weekdayOf(day),
      taughtAs: inTerm ? (named ? named.follows : day) : null,
      name: named?.name ?? '',
      today: day === today,
    };
    if (offset < 5 || busy.has(day) || named?.follows) columns.push(column);
  }
  return columns;
}

/** The whole grid of one week. */
export function weekOf(
  monday: string,
  zone: string,
  lessons: readonly GridLesson[],
  periods: readonly Period[],
  term: Term | null,
  special: readonly SpecialDay[],
  today: string,
): Week {
  const cells = new Map<string, GridLesson[]>();
  const busy = new Set<string>();
  for (const lesson of lessons) {
    const day = dayOf(lesson.start_ms, zone);
    const starts = minuteOf(lesson.start_ms, zone);
    const period = periodAt(starts, starts + (lesson.end_ms - lesson.start_ms) / 60_000, periods);
    const key = cellKey(day, period);
    cells.set(key, [...(cells.get(key) ?? []), lesson]);
    busy.add(day);
  }
  const columns = columnsOf(monday, term, special, busy, today);
  const rows: Row[] = periods.map((period, index) => {
    const before = periods[index - 1];
    return { period, afterBreak: before !== undefined && period.starts_min - before.ends_min >= LONG_BREAK_MIN };
  });
  const others = columns.some(({ day }) => cells.has(cellKey(day, null)));
  return { columns, rows: others ? [...rows, { period: null, afterBreak: true }] : rows, cells };
}

/** The number of the week of a term that `day` lies in; week 1 is the week, from Monday, of its first day. */
export function weekNumber(term: Term, day: string): number {
  const monday = (of: string): number => Date.parse(`${addDays(of, 1 - weekdayOf(of))}T00:00:00Z`);
  return Math.round((monday(day) - monday(term.begins)) / (7 * 86_400_000)) + 1;
}

/** The term a week belongs to: the first that has a day of it. */
export function termOf(terms: readonly Term[], monday: string): Term | null {
  const sunday = addDays(monday, 6);
  return terms.find((term) => term.begins <= sunday && monday <= term.ends) ?? null;
}
