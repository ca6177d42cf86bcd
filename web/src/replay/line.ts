/**
 * A line too slow for all pictures at once. Small files fill their buffers while the lead's runs dry, so after a few
 * seconds of standing still the pictures that class could do without rest, until the lead has enough in hand.
 */
export interface Line {
  readonly thrifty: boolean;
  /** Time stood still for want of data; forgiven slowly while it runs. */
  readonly owedMs: number;
  /** What the lead must have in hand before all pictures come back; doubles each time that was too early. */
  readonly needMs: number;
}

export const FAST: Line = { thrifty: false, owedMs: 0, needMs: 30_000 };

const PATIENCE_MS = 3000;
const FORGIVEN = 0.1;
const NEED_MOST_MS = 240_000;

/** The line after `elapsedMs` in which playback stood still (`dry`) or ran; `aheadMs` is what the lead has in hand. */
export function observe(line: Line, dry: boolean, aheadMs: number, elapsedMs: number): Line {
  const owedMs = dry ? line.owedMs + elapsedMs : Math.max(0, line.owedMs - elapsedMs * FORGIVEN);
  if (!line.thrifty) return owedMs >= PATIENCE_MS ? { ...line, thrifty: true, owedMs: 0 } : { ...line, owedMs };
  if (dry || aheadMs < line.needMs) return { ...line, owedMs: 0 };
  return { thrifty: false, owedMs: 0, needMs: Math.min(NEED_MOST_MS, line.needMs * 2) };
}
