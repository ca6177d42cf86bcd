/** When this screen tested its room last, kept over power cuts. */
const KEPT_AS = 'tongke.tested';

export class Tested {
  /** For a device whose storage is blocked: it lasts for this page. */
  #ms: number | null = null;

  last(): number | null {
    try {
      const kept = Number(localStorage.getItem(KEPT_AS));
      return kept > 0 ? kept : this.#ms;
    } catch {
      return this.#ms;
    }
  }

  keep(ms: number): void {
    this.#ms = ms;
    try {
      localStorage.setItem(KEPT_AS, String(Math.round(ms)));
    } catch {
      // Storage is blocked: kept above.
    }
  }
}
