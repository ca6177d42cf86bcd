/** How long something lasted, in words. By value. */
import { t } from '@/i18n/language.svelte';

const MINUTE = 60_000;

/** From one RFC 3339 moment to another: minutes, then hours, then days. */
export function lasted(from: string, to: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / MINUTE));
  if (minutes < 90) return t('admin-alerts:minutes', { count: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? t('admin-alerts:hours', { count: hours })
    : t('admin-alerts:days', { count: Math.round(hours / 24) });
}
