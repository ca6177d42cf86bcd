/**
 * Whether the own voice goes redundantly (RFC 2198): on a line that loses what is sent, each packet then carries the one
 * before it again. Pure.
 */
import type { Reading } from '@/rtc/stats';

export type VoiceTotals = Reading['voice'];

/** permille: lost of late, each window weighing less as it grows older. */
export interface Redundancy {
  readonly on: boolean;
  readonly permille: number;
}

export const PLAIN: Redundancy = { on: false, permille: 0 };

/** Receiver reports come once a second; a window of fewer packets tells nothing. */
const LEAST_PACKETS = 75;
const FROM_PERMILLE = 10;
const UNTIL_PERMILLE = 4;
const WEIGHT = 0.35;

/** After the packets between two readings; null: they are too few yet. */
export function judged(before: Redundancy, from: VoiceTotals, to: VoiceTotals): Redundancy | null {
  const sent = to.sent - from.sent;
  if (sent < LEAST_PACKETS) return null;
  const lost = Math.min(1_000, Math.max(0, (1_000 * (to.lost - from.lost)) / sent));
  const permille = before.permille + WEIGHT * (lost - before.permille);
  return { on: permille >= (before.on ? UNTIL_PERMILLE : FROM_PERMILLE), permille };
}
