/**
 * The catalogs of the pages, bundled: `locales/<language>/<namespace>.json`, one namespace per page and `core`.
 * A new file is found by its place; both languages hold the same keys (tests/i18n proves it). The words of the admin
 * page, which are many, are in a bundle of their own (pages/admin/words.ts): no classroom's line carries them.
 */
import type { Resource } from 'i18next';

type Files = Readonly<Record<string, Record<string, unknown>>>;

const files: Files = import.meta.glob<Record<string, unknown>>(
  ['../locales/*/*.json', '!../locales/*/admin.json', '!../locales/*/admin-*.json'],
  { eager: true, import: 'default' },
);

/** What every page has. */
export function catalogs(): Resource {
  return inOrder(files);
}

/** Catalog files as i18next wants them: language, then namespace, then (nested) keys. */
export function inOrder(files: Files): Resource {
  const resources: Record<string, Record<string, Record<string, unknown>>> = {};
  for (const [path, catalog] of Object.entries(files)) {
    const found = /([^/]+)\/([^/]+)\.json$/.exec(path);
    const [language, namespace] = [found?.[1], found?.[2]];
    if (!language || !namespace) throw new Error(`not a catalog: ${path}`);
    resources[language] = { ...resources[language], [namespace]: catalog };
  }
  return resources as Resource;
}
