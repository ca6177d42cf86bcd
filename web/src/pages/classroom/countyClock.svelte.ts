/**
 * The time of the county, as the server tells it: a television's own clock may be hours off, or set while class waits.
 * Between two answers it runs on by the steady clock of this page, which nobody can set.
 */
export class CountyClock {
  ms = $state(0);
  /** The county's zone, an IANA name; undefined until the server told it: then this device's own. */
  zone = $state<string | undefined>(undefined);
  #atServer: { readonly serverMs: number; readonly steadyMs: number } | null = null;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    this.ms = this.now();
    this.#timer = setInterval(() => {
      this.ms = this.now();
    }, 1_000);
  }

  /** UTC milliseconds now, by the server where it was heard. */
  now(): number {
    if (this.#atServer === null) return Date.now();
    return this.#atServer.serverMs + performance.now() - this.#atServer.steadyMs;
  }

  /** The server answered with its time; the request took `tookMs`, half of it on the way back. */
  heard(serverMs: number, tookMs: number, zone: string): void {
    this.#atServer = { serverMs: serverMs + tookMs / 2, steadyMs: performance.now() };
    this.zone = zone;
    this.ms = this.now();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** The time of day of a moment in a zone, e.g. 08:30. */
export function clockTime(ms: number, language: string, zone: string | undefined): string {
  const shown = { hour: '2-digit', minute: '2-digit', hour12: false } as const;
  return new Intl.DateTimeFormat(language, zone === undefined ? shown : { ...shown, timeZone: zone }).format(ms);
}
