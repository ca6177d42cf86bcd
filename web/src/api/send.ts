/** The one way to the server: what changes something shows the session's token as well (docs/decisions/0010). */

const COOKIE = /(?:^|; )tongke_csrf=([\w-]+)/;

/** The header with the token; none where nobody is signed in. */
export function csrfHeader(): Record<string, string> {
  const token = typeof document === 'undefined' ? undefined : COOKIE.exec(document.cookie)?.[1];
  return token ? { 'x-csrf-token': token } : {};
}

/** `fetch`, with the token unless it only reads. */
export function send(address: string, init: RequestInit = {}): Promise<Response> {
  if ((init.method ?? 'GET') === 'GET') return fetch(address, init);
  const headers = { ...(init.headers as Record<string, string> | undefined), ...csrfHeader() };
  return fetch(address, { ...init, headers });
}
