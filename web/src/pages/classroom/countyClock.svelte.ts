/**
 * The time of the county, as the server tells it: a television's own clock may be hours off, or set while class waits.
 * Between two answers it runs on by the steady clock of this page, which nobody can set.
 */
export class CountyClock {
  ms = $state(0);
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
  heard(serverMs: number, tookMs: number): void {
    this.#atServer = { serverMs: serverMs + tookMs / 2, steadyMs: performance.now() };
    this.ms = this.now();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
