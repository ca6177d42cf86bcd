/**
 * Keeps one media element in step with the clock: small differences by a slightly other speed, which nobody hears,
 * large ones by a seek. Pure: what the element says in, what to do with it out.
 */

export interface Follower {
  /** currentTime in ms on the recording's timeline (the part's start added). */
  readonly atMs: number;
  readonly rate: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  /** Somebody hears it: it is bent more gently. */
  readonly audible: boolean;
}

export interface Target {
  readonly atMs: number;
  readonly rate: number;
  readonly running: boolean;
  /** The viewer has stopped here and looks: pictures are put right to the frame. */
  readonly still: boolean;
}

/** What is known of this element's seeks: where the last one was to, how long ago, and what they cost. */
export interface SeekPast {
  readonly toMs: number | null;
  readonly sinceMs: number;
  /** A seek of a running element aims that much ahead. */
  readonly costMs: number;
}

export interface Correction {
  readonly rate: number;
  readonly seekToMs: number | null;
  /** It is ahead, perhaps because its picture begins later: it stands until the clock comes. */
  readonly wait: boolean;
}

export const SEEK_OVER_MS = 250;
/** A nudge begins over this difference and ends under the next: one borderline reading starts nothing. */
const NUDGE_OVER_MS = 20;
const NUDGE_UNTIL_MS = 6;
/** At most this share faster or slower, in steps, so that the speed is not set anew at every reading. */
const NUDGE_MOST_HEARD = 0.15;
const NUDGE_MOST_SILENT = 0.4;
const NUDGE_STEP = 0.01;
/** The difference is made good in this time, where the limits allow it. */
const NUDGE_WITHIN_MS = 700;
/** Further ahead than this it stands until the clock is there. */
const WAIT_OVER_MS = 90;
/** A frame at 25/s. */
const STILL_OVER_MS = 40;
/** Further ahead than this it is sent back, unless it was, and came to stand here. */
const WAIT_UP_TO_MS = 3000;
/** A seek that has not brought the element near is not repeated at once: each throws the buffer away. */
const SEEK_AGAIN_AFTER_MS = 1500;

export function correct(follower: Follower, target: Target, past: SeekPast): Correction {
  const off = follower.atMs - target.atMs;
  const keep = { rate: target.rate, seekToMs: null, wait: false };
  if (follower.seeking) return keep;
  if (!target.running) {
    const far = Math.abs(off) > (target.still ? STILL_OVER_MS : SEEK_OVER_MS);
    return { ...keep, seekToMs: far && !wentTo(past, target.atMs) ? target.atMs : null };
  }
  if (waits(follower, off, target, past)) return { ...keep, wait: true };
  if (Math.abs(off) > SEEK_OVER_MS && past.sinceMs >= SEEK_AGAIN_AFTER_MS) {
    return { ...keep, seekToMs: target.atMs + past.costMs * target.rate };
  }
  return { ...keep, rate: nudged(follower, off, target.rate) };
}

/** It is ahead and the clock will be there soon, or it was sent further back and this is where it came to stand. */
function waits(follower: Follower, off: number, target: Target, past: SeekPast): boolean {
  if (off <= (follower.paused ? NUDGE_UNTIL_MS : WAIT_OVER_MS)) return false;
  return off <= WAIT_UP_TO_MS || (past.toMs !== null && past.toMs <= target.atMs);
}

/** It was sent there already; a browser may have put it to the nearest place it could. */
export function wentTo(past: SeekPast, atMs: number): boolean {
  return past.toMs !== null && Math.abs(past.toMs - atMs) < 1;
}

function nudged(follower: Follower, off: number, wanted: number): number {
  const correcting = follower.rate !== wanted;
  if (Math.abs(off) < (correcting ? NUDGE_UNTIL_MS : NUDGE_OVER_MS)) return wanted;
  const most = follower.audible ? NUDGE_MOST_HEARD : NUDGE_MOST_SILENT;
  const share = Math.max(-most, Math.min(most, -off / NUDGE_WITHIN_MS));
  const stepped = Math.sign(share) * Math.max(NUDGE_STEP, Math.round(Math.abs(share) / NUDGE_STEP) * NUDGE_STEP);
  return Number((wanted * (1 + stepped)).toFixed(4));
}

/** Follows what seeks cost: the last one counts for a third, none more than 2 s. */
export function learned(costMs: number, tookMs: number): number {
  return costMs + (Math.min(2000, tookMs) - costMs) / 3;
}
