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

/** So many answers say how short a line is: 16 s of them. */
const RECENT = 8;

/** A line's round trip, 0 while unknown. ms. */
export class RoundTrip {
  #ms = 0;
  #recent: number[] = [];

  /** Smoothed. */
  get ms(): number {
    return this.#ms;
  }

  /** The quickest of the latest answers: what stood behind a cut makes no line long. */
  get shortestMs(): number {
    return this.#recent.length ? Math.min(...this.#recent) : 0;
  }

  /** An answer took so long. */
  took(ms: number): void {
    this.#ms = smoothed(this.#ms, ms);
    this.#recent = [...this.#recent, Math.max(1, ms)].slice(-RECENT);
  }

  /** What the page's own requests found, where nothing else is known. */
  suppose(ms: number): void {
    if (this.#recent.length === 0 && ms > 0) this.took(ms);
  }
}
