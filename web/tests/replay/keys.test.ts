import { describe, expect, it } from 'vitest';
import { commandOf, rateAfter } from '@/replay/keys';

function press(key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {}): unknown {
  return commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...held });
}

describe('keys', () => {
  it('play, step and jump as on other players, in either case', () => {
    expect([press(' '), press('K'), press('j'), press('ArrowRight')]).toEqual([
      { kind: 'toggle' },
      { kind: 'toggle' },
      { kind: 'by', ms: -10_000 },
      { kind: 'by', ms: 5000 },
    ]);
  });

  it('jump to tenths of the recording by digit, and to both its ends', () => {
    expect([press('0'), press('7'), press('Home'), press('End')]).toEqual([
      { kind: 'share', tenth: 0 },
      { kind: 'share', tenth: 7 },
      { kind: 'share', tenth: 0 },
      { kind: 'share', tenth: 10 },
    ]);
  });

  it('leave the shortcuts of the browser alone', () => {
    expect([press('f', { ctrlKey: true }), press('l', { metaKey: true }), press('x'), press('Tab')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('change the speed in steps from half to double', () => {
    expect([rateAfter(1, 1), rateAfter(1, -1), rateAfter(2, 1), rateAfter(0.5, -1)]).toEqual([1.25, 0.75, 2, 0.5]);
  });
});
