/** How long to wait before the next attempt, and how long that may take, as signaling/ws/backoff.py does. Pure. */
import { LONG_LINE_MS } from '@/signaling/roundTrip';

export const SHORTEST_MS = 200;
export const LONGEST_MS = 1_500;
const ATTEMPT_MS = 2_000;
/** TCP, TLS and the upgrade, and room for two losses: a new attempt would begin with TCP again. */
const ATTEMPT_ROUND_TRIPS = 8;
const LONGEST_ATTEMPT_MS = 6_000;
/**
 * After so many failures Chromium holds each WebSocket of the page back, by 1 to 5 s in the end (measured: 2.6 s after twenty).
 * Whoever gave up after 2 s would hardly ever come to the line, and whoever began anew would wait anew.
 */
const HELD_BACK_AFTER = 14;
/** A sign of life ends an attempt that hangs for so long: TCP asks again only after 1, 3 and 7 s. */
const STALE_MS = 1_000;
/** On a long line it may be on its way still. */
const STALE_ROUND_TRIPS = 4;

/**
 * Milliseconds to wait after so many failed attempts in a row: from SHORTEST_MS to a limit that doubles up to LONGEST_MS,
 * spread by `random` (0..1) so that forty screens do not come back in the same instant.
 */
export function waitMs(failures: number, random: number): number {
  const most = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(failures + 1, 10));
  return Math.round(SHORTEST_MS + (most - SHORTEST_MS) * random);
}

/**
 * Milliseconds that an attempt may take after so many failed ones in a row; roundTripMs: as it was last, 0 where unknown.
 * On a short line it hangs because something was lost, and a new one is quicker. On a long one it may only be slow.
 */
export function attemptMs(failures: number, roundTripMs: number): number {
  if (failures >= HELD_BACK_AFTER) return LONGEST_ATTEMPT_MS;
  if (roundTripMs > 0 && roundTripMs < LONG_LINE_MS) return ATTEMPT_MS;
  const first = Math.max(ATTEMPT_MS, ATTEMPT_ROUND_TRIPS * roundTripMs);
  return Math.min(LONGEST_ATTEMPT_MS, first * 2 ** Math.min(failures, 10));
}

/** From this age on an attempt, or a step of it, is ended by a sign of life. */
export function staleMs(failures: number, roundTripMs: number): number {
  if (failures >= HELD_BACK_AFTER) return LONGEST_ATTEMPT_MS;
  return Math.max(STALE_MS, STALE_ROUND_TRIPS * roundTripMs);
}
