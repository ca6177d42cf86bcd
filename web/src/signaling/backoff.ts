/** How long to wait before the next attempt. Pure. */

export const SHORTEST_MS = 200;
export const LONGEST_MS = 1_500;

/**
 * Milliseconds to wait before attempt number `attempt` (from 0) after a failure: doubling from SHORTEST_MS to LONGEST_MS,
 * spread by `random` (0..1) so that forty screens do not come back in the same instant.
 */
export function waitMs(attempt: number, random: number): number {
  const most = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(attempt + 1, 10));
  return Math.round(SHORTEST_MS + (most - SHORTEST_MS) * random);
}
