/** The order in which people look for names: by number and sound (server/county/name_order.py does the same). Pure. */
import { after, also, before, brackets, digits, units } from './numerals.json';

const DIGITS = new Map<string, number>([
  ...[...digits].map((char, value) => [char, value] as const),
  ...Object.entries(also),
]);
const UNITS = new Map<string, number>(Object.entries(units));
const NUMERAL = `[${[...DIGITS.keys(), ...UNITS.keys()].join('')}]+`;
/** A numeral that counts: an ordinal, or one before what is counted. Elsewhere, in a village's name, it is a word. */
const COUNTING = new RegExp(`(${before})(${NUMERAL})|${NUMERAL}(?=${after})`, 'g');
const BRACKETS = new RegExp(`[${brackets}]`, 'g');

/**
 * `rows` by their names: numbers by their value, Chinese ones too; the rest by pinyin, whatever the page's language, for
 * the names stay Chinese, and that of English would order them by code point.
 */
export function byName<Row>(rows: readonly Row[], nameOf: (row: Row) => string): readonly Row[] {
  const order = new Intl.Collator('zh-CN', { numeric: true });
  return rows
    .map((row) => ({ row, key: counted(nameOf(row)) }))
    .sort((one, other) => order.compare(one.key, other.key))
    .map(({ row }) => row);
}

function counted(name: string): string {
  const value = (found: string, ordinal = '', numeral = found): string => `${ordinal}${countOf(numeral)}`;
  return name.replace(COUNTING, value).replace(BRACKETS, '');
}

/** The value of a Chinese numeral below a thousand, or of digits in a row, as years are written. */
export function countOf(numeral: string): number {
  const chars = [...numeral];
  if (!chars.some((char) => UNITS.has(char))) return Number(chars.map((char) => DIGITS.get(char)).join(''));
  let total = 0;
  let digit: number | null = null;
  for (const char of chars) {
    const unit = UNITS.get(char);
    if (unit === undefined) digit = DIGITS.get(char) ?? 0;
    else [total, digit] = [total + (digit ?? 1) * unit, null];
  }
  return total + (digit ?? 0);
}
