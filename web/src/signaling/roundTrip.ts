/** The line's round trip, as the requests of this page found it. */

/** A round trip from which on a line is a long one: what waits for an answer is slow there, and the line may be thin as well. */
export const LONG_LINE_MS = 150;

/** The quickest answer of our server so far to a request that went there and was not kept here; 0 without any. ms. */
export function requestsRoundTripMs(): number {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const asked = entries.filter(({ transferSize, requestStart }) => transferSize > 0 && requestStart > 0);
  const quickest = Math.min(...asked.map(({ requestStart, responseStart }) => responseStart - requestStart));
  return Number.isFinite(quickest) ? Math.max(0, quickest) : 0;
}

/** After one more answer, as in RFC 6298, section 2: what once stood behind a cut says little of the line. 0: none before. ms. */
export function smoothed(beforeMs: number, ms: number): number {
  const from = beforeMs || ms;
  return from + (Math.max(0, ms) - from) / 8;
}

/** A line's round trip, 0 while unknown. */
export class RoundTrip {
  #ms: number;

  /** ms: as the page's requests found it. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Smoothed. */
  get ms(): number {
    return this.#ms;
  }

  /** An answer took so long. */
  took(ms: number): void {
    this.#ms = smoothed(this.#ms, ms);
  }
}
