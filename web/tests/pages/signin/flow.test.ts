import { expect, test } from 'vitest';
import type { Answer, Step } from '@/pages/signin/api';
import { after, askedBy, grouped, NOTHING, type View } from '@/pages/signin/flow';

const given = { name: 'wangfang', password: 'first' };
const start: View = { kind: 'name', given: NOTHING };

function done(step: Partial<Step>): Answer<Step> {
  return { kind: 'done', value: { next: 'open', page: '', secret: '', qr: null, recovery_codes: [], ...step } };
}

function refused(code: string, waitS = 0): Answer<Step> {
  return { kind: 'refused', code, title: 'T', detail: 'D', waitS };
}

test('each answer leads to the screen that asks for what is missing', () => {
  expect(after(start, given, done({ next: 'code' })).view).toEqual({ kind: 'code', given });
  expect(after(start, given, done({ next: 'new_password' })).view).toEqual({ kind: 'new_password', given });
  expect(after(start, given, done({ page: '/teacher' })).view).toEqual({ kind: 'in', page: '/teacher' });
});

test('the new password is the password from then on, and a code is not sent again', () => {
  const qr = { size: 3, path: 'M0 0h1v1h-1z' };
  const sent = { ...given, code: '123456', new_password: 'second' };
  expect(after(start, sent, done({ next: 'set_up_code', secret: 'ABC', qr })).view).toEqual({
    kind: 'set_up_code',
    given: { name: 'wangfang', password: 'second' },
    secret: 'ABC',
    qr,
  });
});

test('recovery codes are shown before the page opens', () => {
  const { view } = after(start, given, done({ page: '/admin', recovery_codes: ['a', 'b'] }));
  expect(view).toEqual({ kind: 'recovery', codes: ['a', 'b'], page: '/admin' });
});

test('a wrong code stays where it is; a wrong password starts anew with the name kept', () => {
  const code: View = { kind: 'code', given };
  expect(after(code, given, refused('code_refused')).view).toBe(code);
  expect(after(code, given, refused('sign_in_refused'))).toEqual({
    view: { kind: 'name', given: { name: 'wangfang', password: '' } },
    trouble: { kind: 'words', title: 'T', detail: 'D', minutes: 0 },
  });
});

test('a code that grew old while the new password was typed is asked for again', () => {
  const sent = { ...given, code: '123456', new_password: 'second' };
  expect(after({ kind: 'new_password', given: sent }, sent, refused('code_refused')).view).toEqual({
    kind: 'code',
    given,
  });
});

test('who must wait is told for how many minutes, and nothing is lost when the server is away', () => {
  expect(after(start, given, refused('sign_in_wait', 61)).trouble).toMatchObject({ minutes: 2 });
  expect(after(start, given, { kind: 'unreachable' })).toEqual({ view: start, trouble: { kind: 'unreachable' } });
});

test('a screen that asks is found in the fragment', () => {
  expect(askedBy('#approve=abc_-1')).toBe('abc_-1');
  expect(askedBy('')).toBe(null);
  expect(askedBy('#token=x')).toBe(null);
});

test('a secret is read in groups of four', () => {
  expect(grouped('ABCDEFGHIJ')).toBe('ABCD EFGH IJ');
});
