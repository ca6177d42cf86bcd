// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { catalogs } from '@/i18n/catalogs';
import { LANGUAGES } from '@/i18n/language.svelte';
import { PARTS, partOf, shownWith } from '@/selftest/figures';
import { FIXES, fixFor } from '@/selftest/fixes';

type Words = { readonly name: string; readonly fix: string };

function wordsOf(language: string): Record<string, Words> {
  const devices = (catalogs() as Record<string, Record<string, { fault?: Record<string, Record<string, Words>> }>>)[
    language
  ]?.devices;
  return Object.fromEntries(
    Object.entries(devices?.fault ?? {}).flatMap(([part, causes]) =>
      Object.entries(causes).map(([cause, words]) => [`${part}.${cause}`, words]),
    ),
  );
}

/** The codes of the server's own tables (server/devices: verdict.py, alarms.py), so that none is without words. */
function codesOfTheServer(): string[] {
  return [...faultsOfTheSelfTest(), ...kindsOfAlarms()].sort();
}

function kindsOfAlarms(): string[] {
  const table = readFileSync('../server/devices/alarms.py', 'utf8').split('KINDS:')[1]?.split('"""')[0] ?? '';
  return [...table.matchAll(/"([a-z]+\.[a-z_]+)":/g)].map(([, code]) => code as string);
}

function faultsOfTheSelfTest(): string[] {
  const table = readFileSync('../server/devices/verdict.py', 'utf8').split('FAULTS:')[1]?.split('"""')[0] ?? '';
  const written = [...table.matchAll(/"([a-z]+\.[a-z]+)"/g)].map(([, code]) => code as string);
  const listed = [...table.matchAll(/f"([a-z]+)\.\{why\}"\s+for why in \(([^)]*)\)/g)].flatMap(([, part, causes]) =>
    [...(causes ?? '').matchAll(/"([a-z]+)"/g)].map(([, cause]) => `${part}.${cause}`),
  );
  return [...written, ...listed];
}

test('every fault has a cause and a sentence on what to do, in both languages', () => {
  const codes = codesOfTheServer();
  expect(codes.length).toBeGreaterThan(34);
  for (const language of LANGUAGES) {
    const words = wordsOf(language);
    expect(Object.keys(words).sort()).toEqual(codes);
    for (const { name, fix } of Object.values(words)) expect([name, fix].every((text) => text.length > 0)).toBe(true);
  }
});

test('every fault has a picture of its fix', () => {
  for (const code of codesOfTheServer()) expect(FIXES[fixFor(code)].act.length).toBeGreaterThan(0);
  expect([fixFor('camera.missing'), fixFor('line.up'), fixFor('screen.small'), fixFor('speaker.unheard')]).toEqual([
    'plug',
    'cable',
    'screen',
    'remote',
  ]);
});

test('every fault is shown with exactly one part of the test', () => {
  for (const code of codesOfTheServer()) {
    const fault = { code, severity: 'amber' as const };
    expect(PARTS.filter((part) => shownWith(part, [fault]).length === 1)).toHaveLength(1);
  }
  expect(partOf('camera.black')).toBe('camera');
});
