// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { catalogs } from '@/i18n/catalogs';
import { LANGUAGES, language, preferred, setLanguage, t } from '@/i18n/language.svelte';
import type { GoodbyeCode, RefusalCode } from '@/signaling/wire.gen';

function keysOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, path === '' ? key : `${path}.${key}`));
}

/** Plural forms differ between languages: Chinese has one, English two. */
function withoutPlural(key: string): string {
  return key.replace(/_(zero|one|two|few|many|other)$/, '');
}

const all = catalogs() as Record<string, Record<string, unknown>>;

test('every language has the same catalogs, with the same keys', () => {
  const keys = LANGUAGES.map((language) => [...new Set(keysOf(all[language]).map(withoutPlural))].sort());
  expect(keys[1]).toEqual(keys[0]);
});

test('no text is empty', () => {
  for (const language of LANGUAGES) {
    for (const [namespace, catalog] of Object.entries(all[language] ?? {})) {
      const texts = JSON.stringify(catalog, (_, value) => (value === '' ? 'EMPTY' : value));
      expect(texts, `${language}/${namespace}`).not.toContain('"EMPTY"');
    }
  }
});

test('every code the server may refuse or close with has words', () => {
  const refusals = {
    bad_message: 1,
    too_large: 1,
    too_fast: 1,
    unauthorized: 1,
    not_allowed: 1,
    not_live: 1,
    already_done: 1,
    lesson_ended: 1,
    not_in_lesson: 1,
    no_floor: 1,
    nothing_to_undo: 1,
    nothing_to_redo: 1,
    no_such_page: 1,
    no_such_object: 1,
    no_such_picture: 1,
    page_full: 1,
    board_full: 1,
    disk_full: 1,
    offer_refused: 1,
  } satisfies Record<RefusalCode, 1>;
  const goodbyes = {
    ended: 1,
    draining: 1,
    replaced: 1,
    unauthorized: 1,
    stalled: 1,
    no_such_lesson: 1,
    full: 1,
    not_open: 1,
    version: 1,
    bad_message: 1,
    too_large: 1,
    too_fast: 1,
    internal: 1,
  } satisfies Record<GoodbyeCode, 1>;
  for (const code of Object.keys(refusals)) expect(t(`core:refused.${code}`)).not.toMatch(/^[\w:.]+$/);
  for (const code of Object.keys(goodbyes)) expect(t(`core:closed.${code}`)).not.toMatch(/^[\w:.]+$/);
});

test('the address decides the language, then the last choice, then the browser, and Chinese is the default', () => {
  expect(preferred('?lang=en', 'zh-CN', ['zh-CN'])).toBe('en');
  expect(preferred('', 'en', ['zh-CN'])).toBe('en');
  expect(preferred('', null, ['en-GB', 'zh'])).toBe('en');
  expect(preferred('?lang=tlh', 'tlh', [])).toBe('zh-CN');
});

test('switching the language switches every text and the document', () => {
  setLanguage('en');
  expect([t('core:product'), language(), document.documentElement.lang]).toEqual(['Tongke', 'en', 'en']);
  setLanguage('zh-CN');
  expect([t('core:product'), document.documentElement.lang]).toEqual(['同课', 'zh-CN']);
});
