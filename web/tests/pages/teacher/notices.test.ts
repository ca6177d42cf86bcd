import { expect, test } from 'vitest';
import { catalogs } from '@/i18n/catalogs';
import { noticesOf, reasonKey, type Situation } from '@/pages/teacher/notices';

const CALM: Situation = {
  connection: 'open',
  media: 'playing',
  rung: 'full',
  speakingWhileMuted: false,
  soundBlocked: false,
  sharing: false,
  problems: {},
  refusal: null,
  notRecorded: '',
};

test('nothing is said when all is well', () => {
  expect(noticesOf(CALM)).toEqual([]);
});

test('a lost line is told once, not again as lost media', () => {
  expect(noticesOf({ ...CALM, connection: 'lost', media: 'lost' })).toEqual([{ kind: 'lost' }]);
});

test('at most two notices, the most pressing first', () => {
  const all: Situation = {
    ...CALM,
    media: 'lost',
    speakingWhileMuted: true,
    soundBlocked: true,
    sharing: true,
    problems: { camera: 'busy' },
    refusal: 'offline',
  };
  expect(noticesOf(all)).toEqual([{ kind: 'reconnecting' }, { kind: 'speaking_muted' }]);
});

test('a teacher whose own line is too slow for pictures is told so, after what she can do something about', () => {
  expect(noticesOf({ ...CALM, rung: 'speaker' })).toEqual([]);
  expect(noticesOf({ ...CALM, rung: 'sound', sharing: true })).toEqual([{ kind: 'sharing' }, { kind: 'thin' }]);
});

test('a device problem names the device and what is wrong', () => {
  expect(noticesOf({ ...CALM, problems: { camera: 'busy', microphone: 'missing' } })).toEqual([
    { kind: 'device', device: 'microphone', problem: 'missing' },
    { kind: 'device', device: 'camera', problem: 'busy' },
  ]);
});

test('what is not recorded for want of consent is said with what to do; other reasons are in the bar alone', () => {
  expect(noticesOf({ ...CALM, notRecorded: 'consent' })).toEqual([{ kind: 'consent' }]);
  expect(noticesOf({ ...CALM, notRecorded: 'no_class' })).toEqual([{ kind: 'no_class' }]);
  expect(noticesOf({ ...CALM, notRecorded: 'refused' })).toEqual([]);
});

test('every reason for not recording has words, unknown ones too', () => {
  const words = catalogs()['zh-CN']?.ui as { recording: { reason: Record<string, string> } } | undefined;
  const reasons = words?.recording.reason ?? {};
  expect(reasonKey('disk_full')).toBe('ui:recording.reason.disk_full');
  expect(reasonKey('meteor')).toBe('ui:recording.reason.other');
  for (const reason of Object.keys(reasons)) expect(reasonKey(reason)).toBe(`ui:recording.reason.${reason}`);
});
