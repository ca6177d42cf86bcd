/** Signs that the world is back: the network, the page, the computer from its sleep. */

/** Calls `sign` at each of them until `stop` is aborted. */
export function watchForLife(sign: () => void, stop: AbortSignal): void {
  window.addEventListener('online', sign, { signal: stop });
  window.addEventListener('pageshow', sign, { signal: stop });
  const seen = (): void => {
    if (document.visibilityState === 'visible') sign();
  };
  document.addEventListener('visibilitychange', seen, { signal: stop });
}

const RENEW_MS = 60_000;

/** Loads the pages again: the server speaks a newer wire, and nobody may be near to do it. Once a minute, if it does not help. */
export function renew(): void {
  const url = new URL(location.href);
  const last = Number(url.searchParams.get('renewed') ?? 0);
  url.searchParams.set('renewed', String(Date.now()));
  setTimeout(() => location.replace(url), Math.max(0, last + RENEW_MS - Date.now()));
}
