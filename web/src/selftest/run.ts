/** A self-test of a room from beginning to end: under a minute, whatever does not answer. */
import { send } from '@/api/send';
import type { Fault, Part, ScreenSeen, SelfTestFigures } from './figures';
import { measureLine } from './line';
import { listen } from './listen';
import { look } from './look';

/** `done` as each part is measured; the server judges at the end. */
export type Outcome = { readonly kind: 'judged'; readonly faults: readonly Fault[] } | { readonly kind: 'no_server' };

/** Nobody's microphone takes longer: a driver that hangs must not hold the test. */
const LISTEN_WITHIN_MS = 20_000;
const LOOK_WITHIN_MS = 15_000;

/** letters_px: the height of class's letters on this page, CSS pixels. */
export async function selfTest(
  by: 'hand' | 'itself',
  letters_px: number,
  done: (part: Part) => void,
): Promise<Outcome> {
  const began = performance.now();
  const camera = await within(look(by), LOOK_WITHIN_MS, { trouble: 'failed' as const });
  done('camera');
  const silent = { microphone: { trouble: 'failed' as const }, loop: null };
  const heard = await within(
    listen(() => done('microphone')),
    LISTEN_WITHIN_MS,
    silent,
  );
  done('microphone');
  done('speaker');
  const line = await measureLine();
  done('line');
  if (line === null) return { kind: 'no_server' };
  const figures: SelfTestFigures = {
    by,
    took_ms: Math.round(performance.now() - began),
    clock_ms: Date.now(),
    camera,
    ...heard,
    line,
    screen: screenSeen(letters_px),
  };
  done('screen');
  return judge(figures);
}

async function judge(figures: SelfTestFigures): Promise<Outcome> {
  try {
    const response = await send('/api/devices/selftest', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(figures),
    });
    if (!response.ok) return { kind: 'no_server' };
    return { kind: 'judged', faults: ((await response.json()) as { faults: Fault[] }).faults };
  } catch {
    return { kind: 'no_server' };
  }
}

function screenSeen(letters_px: number): ScreenSeen {
  const ratio = window.devicePixelRatio || 1;
  const height = Math.min(window.screen.width, window.screen.height);
  return {
    width: Math.round(window.screen.width * ratio),
    height: Math.round(window.screen.height * ratio),
    letters: Math.round((10_000 * letters_px) / Math.max(1, height)) / 10,
  };
}

function within<T>(work: Promise<T>, ms: number, otherwise: T): Promise<T> {
  return Promise.race([
    work.catch(() => otherwise),
    new Promise<T>((resolve) => setTimeout(() => resolve(otherwise), ms)),
  ]);
}
