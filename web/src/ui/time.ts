/** Lengths and moments as people read them. Moments are read on the county's clock: `@/i18n/zone.svelte`. */
import { countyZone } from '@/i18n/zone.svelte';

/** `ms` as h:mm:ss or m:ss, whole seconds, never negative. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The time of day of an instant (RFC 3339, or UTC milliseconds) in the county's zone, e.g. 08:30. */
export function timeOfDay(instant: string | number, language: string, timeZone = countyZone()): string {
  const shown = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone } as const;
  return new Intl.DateTimeFormat(language, shown).format(new Date(instant));
}

/** The day of an instant in the county's zone, with its time where `style` asks for one, as the language writes it. */
export function momentText(instant: string | number, language: string, style: Intl.DateTimeFormatOptions): string {
  const locale = language === 'en' ? 'en-GB' : language;
  const shown = { hourCycle: 'h23', timeZone: countyZone(), ...style } as const;
  return new Intl.DateTimeFormat(locale, shown).format(new Date(instant));
}
