import { language } from '@/i18n/language.svelte';
import { dayOf, dayText } from '@/ui/days';

/** The day of a moment in the county's zone, with its year. */
export function dayWords(ms: number, zone: string): string {
  return dayText(dayOf(ms, zone), language(), { year: 'numeric', month: 'short', day: 'numeric' });
}

const STEPS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** A size as people read it: `1.2 GB`. */
export function sizeWords(bytes: number): string {
  const step = Math.min(STEPS.length - 1, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(1000)));
  const value = bytes / 1000 ** step;
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${STEPS[step] ?? 'B'}`;
}
