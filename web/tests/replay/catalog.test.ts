import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import english from '@/locales/en/replay.json';
import chinese from '@/locales/zh-CN/replay.json';

/** What the server may say, word for word (server/publishing/replay.py, server/recording). */
const FAMILIES: Record<string, readonly string[]> = {
  chapter: ['started', 'page', 'floor', 'screen', 'screen_lead', 'listen', 'discussion'],
  problem: ['signed_out', 'forbidden', 'not_found', 'unreachable', 'broken'],
  state: ['recording', 'waiting', 'running', 'failed', 'repaired', 'truncated'],
  timeline: ['gap', 'floor', 'discussion', 'screen', 'hand', 'away'],
  gap_reason: ['disk_full', 'restart', 'refused', 'declined', 'failed', 'lesson', 'other'],
};
const FOLDERS = ['src/pages/replay', 'src/replay'];

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') })),
);

function has(catalog: unknown, key: string): boolean {
  let value = catalog;
  for (const part of key.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  return typeof value === 'string';
}

describe.each([
  ['Chinese', chinese],
  ['English', english],
])('the words of the replay in %s', (_, catalog) => {
  it('are there for every key written out in its sources', () => {
    const keys = sources.flatMap(({ text }) =>
      [...text.matchAll(/'replay:([\w.]+)'/g)].map((match) => match[1] as string),
    );
    expect(keys.length).toBeGreaterThan(60);
    expect(keys.filter((key) => !has(catalog, key) && !has(catalog, `${key}_other`))).toEqual([]);
  });

  it('are there for all that the server may say', () => {
    const keys = Object.entries(FAMILIES).flatMap(([family, names]) => names.map((name) => `${family}.${name}`));
    expect(keys.filter((key) => !has(catalog, key))).toEqual([]);
  });
});

describe('the sources of the replay', () => {
  it('hold no words of their own', () => {
    expect(
      sources
        .filter(({ text }) => /[\u4e00-\u9fff]/.test(text.replaceAll(/\/\*[\s\S]*?\*\//g, '')))
        .map(({ name }) => name),
    ).toEqual([]);
  });

  it('hold no inline styles, which the content security policy refuses', () => {
    expect(sources.filter(({ text }) => /\sstyle="/.test(text)).map(({ name }) => name)).toEqual([]);
  });
});
