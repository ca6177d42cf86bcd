// @vitest-environment happy-dom
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalogs } from '@/i18n/catalogs';
import { LANGUAGES } from '@/i18n/language.svelte';

const FOLDERS = [
  'src/ui',
  'src/selftest',
  'src/pages/teacher',
  'src/pages/classroom',
  'src/pages/home',
  'src/pages/pair',
  'src/pages/ready',
  'src/pages/signin',
];

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(svelte|ts)$/.test(entry.name))
    .map((entry) => ({ path: join(folder, entry.name), text: readFileSync(join(folder, entry.name), 'utf8') })),
);

function at(language: string, key: string): unknown {
  const [namespace, path] = key.split(':') as [string, string];
  let value: unknown = (catalogs() as Record<string, Record<string, unknown>>)[language]?.[namespace];
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  return value;
}

test('every key written out in a page has words in both languages', () => {
  const keys = sources.flatMap(({ text }) =>
    [...text.matchAll(/'((?:ui|teacher|classroom|home|devices|pair|ready|signin):[\w.]+)'/g)].map(
      (match) => match[1] as string,
    ),
  );
  expect(keys.length).toBeGreaterThan(50);
  const missing = LANGUAGES.flatMap((language) =>
    keys
      .filter((key) => typeof (at(language, key) ?? at(language, `${key}_other`)) !== 'string')
      .map((key) => `${language} ${key}`),
  );
  expect(missing).toEqual([]);
});

test('no page has words of its own', () => {
  const chinese = sources.filter(({ text }) => /[\u4e00-\u9fff]/.test(text)).map(({ path }) => path);
  expect(chinese).toEqual([]);
});

test('no page uses inline styles, which the content security policy refuses', () => {
  const inline = sources
    .filter(({ path, text }) => path.endsWith('.svelte') && /\sstyle="/.test(text))
    .map(({ path }) => path);
  expect(inline).toEqual([]);
});
