/** A signal that gives a request up after `ms`; of our own where `AbortSignal` has none (Chromium before 103). */
export function within(ms: number): AbortSignal {
  if ('timeout' in AbortSignal) return AbortSignal.timeout(ms);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), ms);
  return stop.signal;
}
