import { describe, expect, it } from 'vitest';
import { gapAt, happening } from '@/replay/happening';
import type { ReplayPerson } from '@/replay/manifest';
import type { ClassState } from '@/replay/timeline';

const PEOPLE: ReplayPerson[] = [
  { id: 'staff-1', role: 'lead', school: '中心小学', name: '', colour: '#000000' },
  { id: 'room-1', role: 'classroom', school: '第一教学点', name: '', colour: '#000000' },
  { id: 'room-2', role: 'classroom', school: '第二教学点', name: '', colour: '#000000' },
];
const GAPS = [{ start_ms: 1000, end_ms: 2000, reason: 'restart' }];
const CALM: ClassState = {
  phase: 'live',
  talk: 'listen',
  floor: null,
  hands: [],
  live: new Map(),
  away: new Set(),
  page: 1,
};

describe('what was going on', () => {
  it('is nothing worth a word while the teacher teaches', () => {
    expect(happening(0, CALM, GAPS, PEOPLE)).toEqual([]);
  });

  it('is told with the most important first, schools by their names', () => {
    const busy: ClassState = {
      ...CALM,
      talk: 'discussion',
      floor: 'room-2',
      hands: ['room-1'],
      live: new Map([['staff-1', ['screen']]]),
      away: new Set(['room-1', 'staff-1']),
    };
    expect(happening(1500, busy, GAPS, PEOPLE).map(({ key, values }) => [key, values.school])).toEqual([
      ['replay:timeline.gap', undefined],
      ['replay:timeline.floor', '第二教学点'],
      ['replay:timeline.discussion', undefined],
      ['replay:timeline.screen', undefined],
      ['replay:timeline.hand', '第一教学点'],
      ['replay:timeline.away', '第一教学点'],
    ]);
  });

  it('has a gap from its first millisecond until the one after its last', () => {
    expect([999, 1000, 1999, 2000].map((at) => gapAt(GAPS, at) !== null)).toEqual([false, true, true, false]);
  });
});
