/**
 * All catalogs of the pages, bundled: `locales/<language>/<namespace>.json`, one namespace per page and `core`.
 * A new file is found by its place; both languages hold the same keys (tests/i18n proves it).
 */
import type { Resource } from 'i18next';

const files = import.meta.glob<Record<string, unknown>>('../locales/*/*.json', { eager: true, import: 'default' });

/** Catalogs as i18next wants them: language, then namespace, then (nested) keys. */
export function catalogs(): Resource {
  const resources: Record<string, Record<string, Record<string, unknown>>> = {};
  for (const [path, catalog] of Object.entries(files)) {
    const found = /([^/]+)\/([^/]+)\.json$/.exec(path);
    const [language, namespace] = [found?.[1], found?.[2]];
    if (!language || !namespace) throw new Error(`not a catalog: ${path}`);
    resources[language] = { ...resources[language], [namespace]: catalog };
  }
  return resources as Resource;
}
