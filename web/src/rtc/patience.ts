/** How long packets may wait before they are played: on a line that loses, until a lost one was sent again twice. Pure. */
import type { Link } from '@/signaling/wire.gen';

/** ms: null is as short as the browser finds right. calm: readings in a row that asked for less. */
export interface Patience {
  readonly ms: number | null;
  readonly calm: number;
}

export const NO_PATIENCE: Patience = { ms: null, calm: 0 };

const LOSSY_PERMILLE = 10;
const CLEAN_PERMILLE = 4;
const MOST_MS = 800;
/** Each change stretches or shortens what is heard, so it goes in steps, up at once and down only after a while. */
const STEP_MS = 100;
/** A picture stands still for as much as its patience grows: more than this at a time is seen. It begins with about as much. */
const SEEN_MS = 100;
const CALM_READINGS = 6;

/** After one more reading of the line. */
export function patient(before: Patience, { loss_permille, rtt_ms }: Pick<Link, 'loss_permille' | 'rtt_ms'>): Patience {
  const lossy = loss_permille >= LOSSY_PERMILLE;
  const wanted = lossy ? Math.min(MOST_MS, Math.ceil((100 + 2 * rtt_ms) / STEP_MS) * STEP_MS) : 0;
  if (before.ms === null) return lossy ? { ms: wanted, calm: 0 } : NO_PATIENCE;
  if (wanted >= before.ms) return { ms: wanted, calm: 0 };
  if (!lossy && loss_permille >= CLEAN_PERMILLE) return { ms: before.ms, calm: 0 };
  if (before.calm + 1 < CALM_READINGS) return { ms: before.ms, calm: before.calm + 1 };
  return lossy ? { ms: wanted, calm: 0 } : NO_PATIENCE;
}

/** How long pictures may wait, a moment later: a step nearer to what sound may. */
export function followed(picturesMs: number | null, soundMs: number | null): number | null {
  return soundMs === null ? null : Math.min(soundMs, (picturesMs ?? STEP_MS) + SEEN_MS);
}
