// @vitest-environment happy-dom
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addressOf as apiAddress } from '@/api/ask';
import type { Standing } from '@/api/schema.gen';
import { LANGUAGES } from '@/i18n/language.svelte';
import { pointsOf } from '@/pages/admin/communities/stays';
import { addressOf, placeOf } from '@/pages/admin/route.svelte';
import { GROUPS, SECTIONS, visible, worksHere } from '@/pages/admin/sections';
import { canRehearse, nextStep, STEPS } from '@/pages/admin/start/steps';
import { adminCatalogs } from '@/pages/admin/words';

const FOLDER = 'src/pages/admin';
const catalogs = adminCatalogs as Record<string, Record<string, Record<string, unknown>>>;
const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(svelte|ts)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));

const NOTHING: Standing = {
  centres: 0,
  points: 0,
  rooms: 0,
  schools_without_room: 0,
  teachers: 0,
  classes: 0,
  subjects: 0,
  communities: 0,
  terms: 0,
  bells: 0,
  entries: 0,
  devices: 0,
  rehearsals: 0,
  unnamed: 0,
};

function keysOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path.replace(/_(zero|one|two|few|many|other)$/, '')];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, path === '' ? key : `${path}.${key}`));
}

test('both languages have the same words for the admin page, and none is empty', () => {
  const [chinese, english] = LANGUAGES.map((language) => [...new Set(keysOf(catalogs[language]))].sort());
  expect(english).toEqual(chinese);
  expect(JSON.stringify(catalogs)).not.toContain(':""');
});

test('every section has its name in the navigation and a group that is shown', () => {
  for (const { id, group } of SECTIONS) {
    expect(GROUPS).toContain(group);
    for (const language of LANGUAGES)
      expect(catalogs[language]?.[`admin-${id}`]?.nav, `${language} ${id}`).toBeTruthy();
  }
  expect(new Set(SECTIONS.map(({ id }) => id)).size).toBe(SECTIONS.length);
});

test('every key written out in the admin page has words in both languages', () => {
  const written = sources.flatMap(({ text }) => [...text.matchAll(/'(admin(?:-[a-z]+)?):([\w.]+)'/g)]);
  expect(written.length).toBeGreaterThan(100);
  const missing = LANGUAGES.flatMap((language) =>
    written
      .filter(([, namespace = '', key = '']) => !new Set(keysOf(catalogs[language]?.[namespace])).has(key))
      .map(([all]) => `${language} ${all}`),
  );
  expect(missing).toEqual([]);
});

test('the admin page has no words of its own and no inline styles', () => {
  expect(sources.filter(({ text }) => /[\u4e00-\u9fff]/.test(text)).map(({ name }) => name)).toEqual([]);
  expect(sources.filter(({ text }) => /\sstyle="/.test(text)).map(({ name }) => name)).toEqual([]);
});

test('somebody sees the sections she has a right to, and no other', () => {
  expect(visible({})).toEqual([]);
  expect(visible({ 'county.read': 'school' }).every(({ action }) => action === 'county.read')).toBe(true);
  const all = Object.fromEntries(SECTIONS.map(({ action }) => [action, 'county']));
  expect(visible(all)).toEqual(SECTIONS);
});

test('the page is for who looks after a school or into the county, also by a further role', () => {
  expect(worksHere({ 'county.read': 'school' })).toBe(false); // a teacher, an assistant
  expect(worksHere({ 'county.read': 'school', 'school.change': 'school' })).toBe(true);
  expect(worksHere({ 'county.read': 'county' })).toBe(true); // an inspector
});

test('a fragment names a section and what stands behind it, whatever the id holds', () => {
  expect(placeOf('')).toEqual({ section: '', path: [] });
  expect(placeOf('#/rooms/room-1')).toEqual({ section: 'rooms', path: ['room-1'] });
  expect(placeOf(addressOf('rooms', 'a/b c%'))).toEqual({ section: 'rooms', path: ['a/b c%'] });
  expect(placeOf('#/rooms/%E0%A4')).toEqual({ section: 'rooms', path: ['%E0%A4'] });
});

test('an operation becomes an address with its parts filled in and its query behind it', () => {
  expect(apiAddress('/api/county/rooms/{id}', { id: 'a/b' })).toBe('/api/county/rooms/a%2Fb');
  expect(apiAddress('/api/county/grid', {}, { of: 'room', id: undefined })).toBe('/api/county/grid?of=room');
});

test('the guide leads from step to step and ends when a rehearsal was made', () => {
  const standing = { ...NOTHING };
  const done: (keyof Standing)[][] = [
    ['centres', 'points'],
    ['rooms'],
    ['teachers'],
    ['classes'],
    ['subjects'],
    ['communities'],
    ['terms', 'bells'],
    ['entries'],
    ['devices'],
    ['rehearsals'],
  ];
  for (const [index, keys] of done.entries()) {
    expect(nextStep(standing)?.id).toBe(STEPS[index]?.id);
    for (const key of keys) standing[key] = 1;
  }
  expect(nextStep(standing)).toBeUndefined();
  expect(nextStep({ ...standing, schools_without_room: 2 })?.id).toBe('rooms');
});

test('a rehearsal needs a community, a room and a subject, and no timetable', () => {
  expect(canRehearse({ ...NOTHING, communities: 1, rooms: 1, subjects: 1 })).toBe(true);
  expect(canRehearse({ ...NOTHING, communities: 1, rooms: 1 })).toBe(false);
});

test('a school that left a community is no point of it; of an ended one those count that stayed to its end', () => {
  const stay = { community_id: 'c', joined_ms: 0, left_ms: null };
  const stays = [
    { ...stay, school_id: 'centre', position: 0 },
    { ...stay, school_id: 'gone', position: 1, left_ms: 5 },
    { ...stay, school_id: 'there', position: 2 },
  ];
  const community = { id: 'c', county_id: 'x', name: '', term_id: null, began_ms: 0, ended_ms: null };
  expect(pointsOf({ community, stays }).map(({ school_id }) => school_id)).toEqual(['there']);
  const ended = stays.map((one) => ({ ...one, left_ms: one.left_ms ?? 9 }));
  const points = pointsOf({ community: { ...community, ended_ms: 9 }, stays: ended });
  expect(points.map(({ school_id }) => school_id)).toEqual(['there']);
});
