/**
 * Days and minutes of a county. A day is `YYYY-MM-DD`, a minute counts from local midnight; moments are UTC
 * milliseconds and become days only through the county's zone, never this device's.
 */

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function parts(ms: number, zone: string): Record<string, string> {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(new Date(ms)).map(({ type, value }) => [type, value]));
}

/** The local day that a moment lies in. */
export function dayOf(ms: number, zone: string): string {
  const { year, month, day } = parts(ms, zone);
  return `${year}-${month}-${day}`;
}

/** Minutes since local midnight by the clock on the wall. */
export function minuteOf(ms: number, zone: string): number {
  const { hour, minute } = parts(ms, zone);
  return Number(hour) * 60 + Number(minute);
}

/** `day` moved by whole days. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** 1 for Monday to 7 for Sunday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
}

/** The Monday of the week that `day` lies in. */
export function mondayOf(day: string): string {
  return addDays(day, 1 - weekdayOf(day));
}

/** Whole days from `from` to `to`. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** `day` as the language writes it, with the month and the day by default. */
export function dayText(day: string, language: string, style: Intl.DateTimeFormatOptions = {}): string {
  const wanted = Object.keys(style).length > 0 ? style : ({ month: 'short', day: 'numeric' } as const);
  const locale = language === 'en' ? 'en-GB' : language;
  return new Intl.DateTimeFormat(locale, { ...wanted, timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
}

/** The weekday's name, 1 for Monday, short; with `long`, whole. */
export function weekdayText(weekday: number, language: string, width: 'short' | 'long' = 'short'): string {
  return dayText(addDays('2024-01-01', weekday - 1), language, { weekday: width });
}

/** Minutes since midnight as `08:05`. */
export function minuteText(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** `08:05` as minutes since midnight; null where it is no time of day. */
export function minuteIn(text: string): number | null {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  const minute = found ? Number(found[1]) * 60 + Number(found[2]) : Number.NaN;
  return minute <= 1440 && Number(found?.[2]) < 60 ? minute : null;
}
