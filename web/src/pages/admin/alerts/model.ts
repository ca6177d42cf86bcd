/** Where something is wrong and how long it lasted, in words. By value. */
import type { AlertNow } from '@/api/schema.gen';
import { t } from '@/i18n/language.svelte';

const MINUTE = 60_000;

/** The room with its school; the lesson with its teacher's school; or the server. */
export function whereOf({ school, room, about }: Pick<AlertNow, 'school' | 'room' | 'about'>): string {
  const parts = about.startsWith(school) ? [about] : [school, room || about];
  return parts.filter(Boolean).join(' · ') || t('admin-alerts:server');
}

/** From one RFC 3339 moment to another: minutes, then hours, then days. */
export function lasted(from: string, to: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / MINUTE));
  if (minutes < 90) return t('admin-alerts:minutes', { count: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? t('admin-alerts:hours', { count: hours })
    : t('admin-alerts:days', { count: Math.round(hours / 24) });
}
