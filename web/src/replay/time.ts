/** Times as people share them: `?t=12m31s`. All lengths are milliseconds. */

const LINK = /^(?=\d)(?:(\d{1,3})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s?)?$/;
const COLON = /^(?:(\d{1,3}):)?(\d{1,3}):(\d{2})$/;

function whole(digits: string | undefined): number {
  return digits === undefined ? 0 : Number.parseInt(digits, 10);
}

/** Milliseconds of `12m31s`, `1h2m3s`, `751`, `751s`, `12:31` or `1:02:31`; null when it is none of these. */
export function parseTime(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  if (trimmed === '') return null;
  const match = LINK.exec(trimmed) ?? COLON.exec(trimmed);
  if (match === null) return null;
  return (whole(match[1]) * 3600 + whole(match[2]) * 60 + whole(match[3])) * 1000;
}

/** `12m31s`, the value of `?t=` in a link. */
export function linkTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${h > 0 ? `${h}h` : ''}${h > 0 || m > 0 ? `${m}m` : ''}${s}s`;
}

/** `seconds` said aloud by a screen reader: parts for the catalog's `said_time`. */
export function spoken(ms: number): { hours: number; minutes: number; seconds: number } {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return { hours: Math.floor(seconds / 3600), minutes: Math.floor(seconds / 60) % 60, seconds: seconds % 60 };
}
