// @vitest-environment node
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fontverter from 'fontverter';
import { expect, test } from 'vitest';
import { pageCharacters, unicodeRange } from '../../plugins/pageFont/characters';
import { catalogFiles, cutForPages, WEIGHTS } from '../../plugins/pageFont/plugin';
import { charactersOf } from './characterMap';

const web = fileURLToPath(new URL('../..', import.meta.url));
const SMALL_BYTES = 120_000;
const CUTTING_MS = 120_000;

const hexOf = (characters: Iterable<string>): string[] =>
  [...characters].map((c) => `${c} U+${c.codePointAt(0)?.toString(16)}`);

test(
  'each weight of the page font has every character of every catalog, and no other',
  async () => {
    const { characters, paths } = await cutForPages(web);
    const texts = await Promise.all(catalogFiles(web).map((path) => readFile(path, 'utf8')));
    const written = new Set(texts.flatMap((text) => stringsOf(JSON.parse(text))).join(''));
    expect(paths).toHaveLength(WEIGHTS.length);
    for (const path of paths) {
      const cut = await readFile(path);
      const inFont = charactersOf(await fontverter.convert(cut, 'sfnt'));
      const has = (character: string): boolean => inFont.has(character.codePointAt(0) ?? 0);
      const lacking = hexOf([...written].filter((character) => !has(character)));
      expect(lacking, 'not in the typeface: say it in other words, or with an icon').toEqual([]);
      expect(hexOf([...inFont].map((number) => String.fromCodePoint(number)).sort())).toEqual(
        hexOf([...characters].sort()),
      );
      expect(cut.length).toBeLessThan(SMALL_BYTES);
    }
  },
  CUTTING_MS,
);

test('characters are those of the catalogs, of ASCII, punctuation and dates, each once and in order', () => {
  const none = pageCharacters([]);
  expect(pageCharacters(['{"a": "网线网线",\n"b": "a"}'])).toBe([...none, '网', '线'].sort().join(''));
  expect(none.startsWith(' !"#$%&')).toBe(true);
  for (const character of 'az09~“”，。…年') expect(none).toContain(character);
});

test('a range says neighbours by their first and last', () => {
  expect(unicodeRange(' !"A一丁三')).toBe('U+20-22,U+41,U+4e00-4e01,U+4e09');
});

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}
