// @vitest-environment happy-dom
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setCountyZone } from '@/i18n/zone.svelte';
import { dayAndTime } from '@/pages/replay/facts';
import { arrive, enter, whoAmI } from '@/ui/api';
import { momentText, timeOfDay } from '@/ui/time';

const NINE = '2026-11-23T01:00:00Z'; // nine in the morning in Shanghai, seven in Urumqi
const SOURCES = join(import.meta.dirname, '../../src');

beforeEach(() => setCountyZone('America/New_York'));
afterEach(() => vi.unstubAllGlobals());

function answer(body: unknown): void {
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(body), { status: 200 }));
}

test('a time is read on the clock of the county, whatever this device is set to', () => {
  expect([timeOfDay(NINE, 'zh-CN'), timeOfDay(NINE, 'en'), timeOfDay(Date.parse(NINE), 'en')]).toEqual([
    '20:00',
    '20:00',
    '20:00',
  ]);
  setCountyZone('Asia/Urumqi');
  expect([timeOfDay(NINE, 'zh-CN'), timeOfDay(NINE, 'en', 'Asia/Shanghai')]).toEqual(['07:00', '09:00']);
});

test('midnight is 00:00 in both languages', () => {
  setCountyZone('UTC');
  expect([timeOfDay('2026-11-23T00:00:00Z', 'zh-CN'), timeOfDay('2026-11-23T00:00:00Z', 'en')]).toEqual([
    '00:00',
    '00:00',
  ]);
});

test('the day is that of the county too', () => {
  expect(momentText(NINE, 'en', { day: 'numeric', month: 'short' })).toBe('22 Nov');
  expect(dayAndTime(NINE, 'zh-CN')).toBe('2026年11月22日 20:00');
  setCountyZone('Asia/Shanghai');
  expect(dayAndTime(NINE, 'zh-CN')).toBe('2026年11月23日 09:00');
});

test('whoever comes in by a link, by the cookie or is greeted learns the county’s clock', async () => {
  answer({ page: '/teacher', zone: 'Asia/Shanghai' });
  await enter('token');
  expect(timeOfDay(NINE, 'en')).toBe('09:00');
  answer({ id: 'staff-1', name: '', school: '', page: '/teacher', zone: 'Asia/Urumqi' });
  await arrive(null);
  expect(timeOfDay(NINE, 'en')).toBe('07:00');
  answer({ id: 'staff-1', name: '', school: '', page: '/teacher', zone: 'UTC' });
  await whoAmI();
  expect(timeOfDay(NINE, 'en')).toBe('01:00');
});

test('no page writes a time without saying in which zone', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(svelte|ts)$/.test(name),
  );
  const without = files.filter((name) => {
    const text = readFileSync(join(SOURCES, name), 'utf8');
    return /DateTimeFormat\(|toLocale(Date|Time)?String\(/.test(text) && !text.includes('timeZone');
  });
  expect(without).toEqual([]);
});
