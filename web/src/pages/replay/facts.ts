/** A recording's facts in words. */
import type { Language } from '@/i18n/language.svelte';
import { t } from '@/i18n/language.svelte';
import { spoken } from '@/replay/time';
import { momentText } from '@/ui/time';

/** `2026年11月20日 09:00`, on the county's clock. */
export function dayAndTime(rfc3339: string, language: Language): string {
  return momentText(rfc3339, language, { dateStyle: 'long', timeStyle: 'short' });
}

export function sizeWords(bytes: number, language: Language): string {
  const format = (value: number, digits: number): string =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits, minimumFractionDigits: 0 }).format(value);
  const mega = bytes / 1e6;
  if (mega >= 1000) return t('replay:fact.size_gb', { size: format(mega / 1000, 1) });
  return t('replay:fact.size_mb', { size: format(Math.max(0.1, mega), mega < 10 ? 1 : 0) });
}

export function lengthWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 1 ? t('replay:fact.less_than_minute') : t('replay:fact.minutes', { count: minutes });
}

/** A time for a screen reader, which would read 12:31 as a time of day. */
export function saidTime(ms: number): string {
  const { hours, minutes, seconds } = spoken(ms);
  return t(hours > 0 ? 'replay:timeline.said_time' : 'replay:timeline.said_minutes', { hours, minutes, seconds });
}
