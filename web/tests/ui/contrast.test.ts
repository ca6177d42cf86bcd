import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** WCAG 2.2, 1.4.3: text of any size. */
const ENOUGH = 4.5;
const SHEET = readFileSync(join(import.meta.dirname, '../../src/ui/tokens.css'), 'utf8');
const COLOURS = new Map(
  [...SHEET.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [name, hex]),
);
COLOURS.set('white', '#ffffff');

/** Relative luminance, 0..1 (WCAG 2.2, definition). */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function colour(name: string): string {
  const found = COLOURS.get(name);
  if (found === undefined) throw new Error(`no colour ${name} among the tokens`);
  return found;
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(colour(one)), luminance(colour(other))].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Every pair below that can be read too hard, with its contrast. */
function tooFaint(texts: readonly string[], grounds: readonly string[]): string[] {
  const pairs = texts.flatMap((text) => grounds.map((ground) => ({ text, ground, ratio: contrast(text, ground) })));
  return pairs
    .filter(({ ratio }) => ratio < ENOUGH)
    .map(({ text, ground, ratio }) => `${text} on ${ground}: ${ratio.toFixed(2)}`);
}

test('black on white is 21 to 1, as the standard says', () => {
  COLOURS.set('black', '#000000');
  expect(contrast('black', 'white')).toBeCloseTo(21, 5);
});

test('every text colour is readable on paper, on a card and on every wash', () => {
  const texts = ['ink', 'ink-soft', 'vermilion', 'vermilion-deep', 'amber', 'leaf', 'sky'];
  expect(tooFaint(texts, ['paper', 'paper-deep', 'card', 'vermilion-wash', 'amber-wash', 'leaf-wash'])).toEqual([]);
});

test('every text colour of the board is readable on all its greens', () => {
  const texts = ['chalk', 'chalk-soft', 'vermilion-lit', 'amber-lit', 'leaf-lit'];
  expect(tooFaint(texts, ['board', 'board-deep', 'board-raised'])).toEqual([]);
});

test('words on a filled button or sign are readable', () => {
  expect(tooFaint(['white'], ['vermilion', 'vermilion-deep', 'leaf', 'sky'])).toEqual([]);
  expect(tooFaint(['board-deep'], ['amber-lit', 'leaf-lit', 'vermilion-lit'])).toEqual([]);
});

test('where the keyboard is can be seen on every ground (3 to 1, 1.4.11)', () => {
  const light = ['paper', 'paper-deep', 'card'].map((ground) => contrast('focus', ground));
  const dark = ['board', 'board-deep', 'board-raised'].map((ground) => contrast('focus-on-board', ground));
  expect(Math.min(...light, ...dark)).toBeGreaterThan(3);
});
