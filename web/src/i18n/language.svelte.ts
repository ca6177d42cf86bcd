/**
 * The words of the pages. Chinese first, English equal.
 *
 * `t('core:connection.lost')` reads a catalog entry; `t('teacher:hands', { count: 2 })` fills it in. In a component it is
 * reactive: `setLanguage` redraws every text. The choice is kept in this browser; `?lang=en` overrides it once.
 */
import i18next, { type Resource, type TOptions } from 'i18next';
import { catalogs } from '@/i18n/catalogs';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const KEPT_AS = 'tongke.language';

function isLanguage(value: string | null | undefined): value is Language {
  return LANGUAGES.some((language) => language === value);
}

/** What the address, the last choice, or the browser ask for; Chinese when none of them says. */
export function preferred(search: string, kept: string | null, browser: readonly string[]): Language {
  const asked = new URLSearchParams(search).get('lang');
  if (isLanguage(asked)) return asked;
  if (isLanguage(kept)) return kept;
  const first = browser[0] ?? '';
  return first.toLowerCase().startsWith('en') ? 'en' : 'zh-CN';
}

function keptChoice(): string | null {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null; // storage is blocked on this device: the choice lasts for this page
  }
}

const translator = i18next.createInstance();
void translator.init({
  initAsync: false,
  lng: preferred(location.search, keptChoice(), navigator.languages),
  fallbackLng: 'zh-CN',
  resources: catalogs(),
  defaultNS: 'core',
  interpolation: { escapeValue: false }, // Svelte writes text nodes, never markup
});

/** Adds catalogs that only one page has (`inOrder`), before it shows a word. */
export function addCatalogs(resources: Resource): void {
  for (const [language, namespaces] of Object.entries(resources)) {
    for (const [namespace, words] of Object.entries(namespaces)) {
      translator.addResourceBundle(language, namespace, words);
    }
  }
}

let current = $state(translator.language as Language);

/** The language now; reactive. */
export function language(): Language {
  return current;
}

/** The catalog's words for `namespace:key`; reactive. */
export function t(key: string, values: TOptions = {}): string {
  return translator.t(key, { ...values, lng: current });
}

/** Switches every text on the page and remembers the choice. */
export function setLanguage(next: Language): void {
  current = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem(KEPT_AS, next);
  } catch {
    // Storage is blocked on this device: the choice lasts for this page.
  }
}

document.documentElement.lang = translator.language;
