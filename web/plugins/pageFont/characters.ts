/** Which characters the pages' own words are written with, and how a style sheet says so. */

const ASCII = String.fromCharCode(...Array.from({ length: 0x7f - 0x20 }, (_, index) => 0x20 + index));
/** What components put between words, and what the next words may bring: a new comma needs no new font. */
const PUNCTUATION = '\u00a0·×÷°–—‘’“”…、。〈〉《》「」『』【】！（），．：；？％～￥';
/** Written by `Intl.DateTimeFormat`, so in no catalog. */
const DATES = '年月日时分秒上下午星期周一二三四五六';

/** Every character of `catalogs` (the text of catalog files) and the above, each once, in the order of their numbers. */
export function pageCharacters(catalogs: readonly string[]): string {
  const all = new Set([...ASCII, ...PUNCTUATION, ...DATES, ...catalogs.join('')]);
  const numbers = [...all].map(numberOf).filter((number) => number >= 0x20);
  return String.fromCodePoint(...numbers.sort((a, b) => a - b));
}

/** `characters` (sorted, each once) as the value of `unicode-range`, e.g. `U+20-7e,U+4e00`. Source: CSS Fonts 4, 4.5. */
export function unicodeRange(characters: string): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of [...characters].map(numberOf)) {
    const latest = ranges.at(-1);
    if (latest && latest[1] === number - 1) latest[1] = number;
    else ranges.push([number, number]);
  }
  const hex = (number: number): string => number.toString(16);
  return ranges.map(([first, last]) => (first === last ? `U+${hex(first)}` : `U+${hex(first)}-${hex(last)}`)).join(',');
}

function numberOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
