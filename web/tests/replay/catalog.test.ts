import { describe, expect, it } from 'vitest';
import english from '@/locales/en/replay.json';
import chinese from '@/locales/zh-CN/replay.json';

type Catalog = { [key: string]: string | Catalog };

function entries(catalog: Catalog, before = ''): [string, string][] {
  return Object.entries(catalog).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${before}${key}`, value] as [string, string]] : entries(value, `${before}${key}.`),
  );
}

/** English has one more plural form than Chinese. */
function names(catalog: Catalog): string[] {
  return [...new Set(entries(catalog).map(([key]) => key.replace(/_(one|other)$/, '')))].sort();
}

function blanks(text: string): string[] {
  return (text.match(/\{\{\w+\}\}/g) ?? []).sort();
}

describe('the words of the replay', () => {
  it('are the same in both languages', () => {
    expect(names(english)).toEqual(names(chinese));
  });

  it('leave the same blanks to fill in', () => {
    const inEnglish = new Map(entries(english));
    for (const [key, text] of entries(chinese))
      expect([key, blanks(inEnglish.get(key) ?? '')]).toEqual([key, blanks(text)]);
  });

  it('are never empty', () => {
    expect([...entries(english), ...entries(chinese)].filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('name every kind of chapter, problem and state', () => {
    const has = (catalog: object, keys: string[]): boolean => keys.every((key) => key in catalog);
    expect(has(chinese.chapter, ['started', 'page', 'floor', 'screen', 'screen_lead', 'listen', 'discussion'])).toBe(
      true,
    );
    expect(has(chinese.problem, ['signed_out', 'forbidden', 'not_found', 'unreachable', 'broken'])).toBe(true);
    expect(has(chinese.state, ['recording', 'waiting', 'running', 'failed', 'repaired', 'truncated'])).toBe(true);
    expect(has(chinese.timeline, ['gap', 'floor', 'discussion', 'screen', 'hand', 'away'])).toBe(true);
  });
});
