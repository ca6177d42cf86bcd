/**
 * Whether the own voice goes redundantly (RFC 2198): on a line that loses what is sent, each packet then carries the one
 * before it again. Pure.
 */
import type { Reading } from '@/rtc/stats';

export type VoiceTotals = Reading['voice'];

/** How much of the own voice is lost on its way: from `some` on it is repeated, from `heavy` on even where that takes half the line. */
export type Loss = 'none' | 'some' | 'heavy';

/** permille: lost of late, each window weighing less as it grows older. */
export interface Redundancy {
  readonly loss: Loss;
  readonly permille: number;
}

export const PLAIN: Redundancy = { loss: 'none', permille: 0 };

/** Receiver reports come once a second; a window of fewer packets tells nothing. */
export const LEAST_PACKETS = 75;
/** Of 60 ms. */
export const LEAST_LONG_PACKETS = 40;
/** Where each begins, and where it ends once it is so. */
const FROM_PERMILLE = { some: 10, heavy: 70 };
const UNTIL_PERMILLE = { some: 4, heavy: 40 };
const WEIGHT = 0.35;

/** After the packets between two readings; null: they are too few yet. */
export function judged(
  before: Redundancy,
  from: VoiceTotals,
  to: VoiceTotals,
  least = LEAST_PACKETS,
): Redundancy | null {
  const sent = to.sent - from.sent;
  if (sent < least) return null;
  const lost = Math.min(1_000, Math.max(0, (1_000 * (to.lost - from.lost)) / sent));
  const permille = before.permille + WEIGHT * (lost - before.permille);
  return { loss: lossOf(permille, before.loss), permille };
}

function lossOf(permille: number, before: Loss): Loss {
  if (permille >= (before === 'heavy' ? UNTIL_PERMILLE : FROM_PERMILLE).heavy) return 'heavy';
  return permille >= (before === 'none' ? FROM_PERMILLE : UNTIL_PERMILLE).some ? 'some' : 'none';
}
