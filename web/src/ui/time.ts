/** `ms` as h:mm:ss or m:ss, whole seconds, never negative. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The time of day of an RFC 3339 instant in `zone`, without one on this device's clock, e.g. 08:30. */
export function timeOfDay(rfc3339: string, language: string, zone?: string): string {
  const shown = { hour: '2-digit', minute: '2-digit', hour12: false } as const;
  return new Intl.DateTimeFormat(language, zone ? { ...shown, timeZone: zone } : shown).format(new Date(rfc3339));
}
