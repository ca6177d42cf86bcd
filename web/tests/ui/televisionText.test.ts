import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCES = join(import.meta.dirname, '../../src');
const SCREENS = join(SOURCES, 'pages/classroom');
/** A question to whoever stands at the keyboard, asked in a dialog. */
const NEAR = /\.near \{[^}]*\}/;

test('words on a television are at least 1/25 of its height', () => {
  const tokens = readFileSync(join(SOURCES, 'ui/tokens.css'), 'utf8');
  expect(tokens).toContain('--tv-text: max(4vh, 1rem);');
  const small = readdirSync(SCREENS)
    .filter((name) => name.endsWith('.svelte'))
    .flatMap((name) => {
      const sizes = [
        ...readFileSync(join(SCREENS, name), 'utf8')
          .replace(NEAR, '')
          .matchAll(/font-size:\s*([^;]+);/g),
      ];
      return sizes.map(([, size = '']) => ({ name, size }));
    })
    .filter(({ size }) => !/^(var\(--tv-text\)|calc\(var\(--tv-text\) \* [1-9][\d.]*\))$/.test(size));
  expect(small).toEqual([]);
});
