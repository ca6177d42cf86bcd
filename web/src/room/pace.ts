/** News for somebody who is teaching: one thing at a time, and not too soon after the last. Pure; time is an argument. */

/** A teacher's eye is drawn away from her class at most this often. */
export const PACE_MS = 10_000;

export class Pace {
  #lastMs = -Infinity;
  #shown: readonly string[] = [];

  /**
   * Which of the pieces of news that wait may be seen now, the first to come first. What was shown stays until it is gone from
   * `waiting`; each further one comes PACE_MS after the one before.
   */
  now(waiting: readonly string[], nowMs: number): readonly string[] {
    this.#shown = this.#shown.filter((id) => waiting.includes(id));
    const next = waiting.find((id) => !this.#shown.includes(id));
    if (next !== undefined && nowMs - this.#lastMs >= PACE_MS) {
      this.#shown = [...this.#shown, next];
      this.#lastMs = nowMs;
    }
    return this.#shown;
  }
}
