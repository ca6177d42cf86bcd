import { describe, expect, it } from 'vitest';
import { moments, overview, spans, stateAt } from '@/replay/timeline';
import type { AnyEvent, Logged } from '@/signaling/wire.gen';

const ORIGIN = 60_000;

/** Events at times of the recording; negative ones came before it. */
function log(...events: [number, AnyEvent][]): Logged[] {
  return events.map(([at, event], index) => ({
    type: 'event',
    number: index + 1,
    at: at + ORIGIN,
    by: 'staff-1',
    event,
  }));
}

const LESSON = log(
  [-50_000, { type: 'joined', participant: 'staff-1', role: 'lead', screen: 'a' }],
  [-40_000, { type: 'joined', participant: 'room-1', role: 'classroom', screen: 'a' }],
  [-30_000, { type: 'sources_changed', participant: 'room-1', live: ['microphone', 'camera'] }],
  [0, { type: 'started' }],
  [5_000, { type: 'hand_changed', participant: 'room-1', up: true }],
  [8_000, { type: 'floor_given', participant: 'room-1' }],
  [8_000, { type: 'hand_changed', participant: 'room-1', up: false }],
  [20_000, { type: 'floor_returned', participant: 'room-1' }],
  [25_000, { type: 'talk_changed', talk: 'discussion' }],
  [30_000, { type: 'away', participant: 'room-1' }],
  [42_000, { type: 'back', participant: 'room-1', away_ms: 12_000 }],
  [45_000, { type: 'talk_changed', talk: 'listen' }],
  [50_000, { type: 'sources_changed', participant: 'staff-1', live: ['camera', 'screen'] }],
  [55_000, { type: 'sources_changed', participant: 'staff-1', live: ['camera'] }],
  [58_000, { type: 'left', participant: 'room-1', reason: 'left' }],
  [60_000, { type: 'ended', reason: 'lead' }],
);
const ALL = moments(LESSON, ORIGIN);

describe('the class at a moment', () => {
  it('knows at its first moment all that happened before the recording', () => {
    expect(stateAt(ALL, 0)).toMatchObject({ phase: 'live', floor: null });
    expect(stateAt(ALL, 0).live.get('room-1')).toEqual(['microphone', 'camera']);
  });

  it('gives the floor from its event on, not before', () => {
    expect([7_999, 8_000, 19_999, 20_000].map((at) => stateAt(ALL, at).floor)).toEqual([
      null,
      'room-1',
      'room-1',
      null,
    ]);
  });

  it('is the first one for a time before the recording and the last one after it', () => {
    expect(stateAt(ALL, -1000)).toBe(ALL[0]?.state);
    expect(stateAt(ALL, 9e9).phase).toBe('ended');
  });

  it('is the same as a fold from the beginning, at every second', () => {
    for (let at = 0; at <= 61_000; at += 1000) {
      const before = LESSON.filter((logged) => logged.at - ORIGIN <= at);
      expect(stateAt(ALL, at)).toEqual(moments(before, ORIGIN).at(-1)?.state);
    }
  });

  it('keeps hands in the order in which they went up', () => {
    const hands = moments(
      log(
        [0, { type: 'hand_changed', participant: 'b', up: true }],
        [1, { type: 'hand_changed', participant: 'a', up: true }],
        [2, { type: 'hand_changed', participant: 'b', up: true }],
      ),
      ORIGIN,
    );
    expect(hands.map((moment) => moment.state.hands)).toEqual([['b'], ['b', 'a'], ['a', 'b']]);
  });
});

describe('the overview', () => {
  const seen = overview(ALL, 60_000, ['room-1']);

  it('shows when each class had the floor, its hand up, and its line down', () => {
    expect(seen.lanes).toEqual([
      {
        participant: 'room-1',
        floor: [{ fromMs: 8_000, toMs: 20_000 }],
        hand: [{ fromMs: 5_000, toMs: 8_000 }],
        away: [{ fromMs: 30_000, toMs: 42_000 }],
      },
    ]);
  });

  it('shows discussion and screen sharing', () => {
    expect(seen.discussion).toEqual([{ fromMs: 25_000, toMs: 45_000 }]);
    expect(seen.screen).toEqual([{ fromMs: 50_000, toMs: 55_000 }]);
  });

  it('counts a class as away between leaving and coming again, not before its first arrival', () => {
    const again = moments(
      log(
        [10_000, { type: 'joined', participant: 'room-1', role: 'classroom', screen: 'a' }],
        [20_000, { type: 'away', participant: 'room-1' }],
        [25_000, { type: 'left', participant: 'room-1', reason: 'expired' }],
        [40_000, { type: 'joined', participant: 'room-1', role: 'classroom', screen: 'a' }],
        [50_000, { type: 'left', participant: 'room-1', reason: 'left' }],
      ),
      ORIGIN,
    );
    expect(overview(again, 60_000, ['room-1']).lanes[0]?.away).toEqual([{ fromMs: 20_000, toMs: 40_000 }]);
  });

  it('ends an open span with the recording', () => {
    expect(spans(ALL, 15_000, (state) => state.floor === 'room-1')).toEqual([{ fromMs: 8_000, toMs: 15_000 }]);
  });
});
