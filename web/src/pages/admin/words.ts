/** The words of the admin page and its sections: `admin.json`, and `admin-<section>.json` for each. */
import { inOrder } from '@/i18n/catalogs';
import { addCatalogs } from '@/i18n/language.svelte';

const files = import.meta.glob<Record<string, unknown>>(
  ['../../locales/*/admin.json', '../../locales/*/admin-*.json'],
  { eager: true, import: 'default' },
);

export const adminCatalogs = inOrder(files);

addCatalogs(adminCatalogs);
