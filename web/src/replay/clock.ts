/**
 * The one clock of a replay. A value, not an object with a timer: `positionMs` was true at `nowMs`, and while it
 * runs it advances by `rate`. `nowMs` is a monotonic time (performance.now()), positions count from the recording's start.
 */
export interface Clock {
  readonly positionMs: number;
  readonly nowMs: number;
  readonly rate: number;
  readonly running: boolean;
}

/** An element further off than this is followed at once, not smoothly. */
const JUMP_MS = 250;
/** Share of the difference taken over per reading: smooths the steps in which browsers report currentTime. */
const FOLLOW = 0.2;

export function stoppedAt(positionMs: number, nowMs: number, rate = 1): Clock {
  return { positionMs, nowMs, rate, running: false };
}

export function position(clock: Clock, nowMs: number): number {
  return clock.running ? clock.positionMs + (nowMs - clock.nowMs) * clock.rate : clock.positionMs;
}

/** The same clock, its position taken at `nowMs`; what every change starts from. */
function at(clock: Clock, nowMs: number): Clock {
  return { ...clock, positionMs: position(clock, nowMs), nowMs };
}

export function run(clock: Clock, nowMs: number): Clock {
  return { ...at(clock, nowMs), running: true };
}

export function hold(clock: Clock, nowMs: number): Clock {
  return { ...at(clock, nowMs), running: false };
}

export function moveTo(clock: Clock, positionMs: number, nowMs: number): Clock {
  return { ...clock, positionMs, nowMs };
}

export function withRate(clock: Clock, rate: number, nowMs: number): Clock {
  return { ...at(clock, nowMs), rate };
}

/** Follows the master element, which says it is at `masterMs` now. A stopped clock is left alone. */
export function steer(clock: Clock, masterMs: number, nowMs: number): Clock {
  if (!clock.running) return clock;
  const here = at(clock, nowMs);
  const off = masterMs - here.positionMs;
  return { ...here, positionMs: here.positionMs + (Math.abs(off) > JUMP_MS ? off : off * FOLLOW) };
}
