/** Something asked of the server, and how that stands. */
import type { Outcome, Trouble } from '@/api/ask';

/** While the server cannot be reached it is asked again so often. */
export const AGAIN_MS = 3_000;

/**
 * The answer to one question, asked again by `reload`, and by itself while the server cannot be reached. While it is
 * asked again the old answer stays; a refusal is in `trouble`. Of several questions on their way only the latest counts.
 */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  trouble = $state.raw<Trouble | null>(null);
  #asked = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly question: () => Promise<Outcome<T>>) {}

  /** Asks unless there is an answer already. */
  async need(): Promise<void> {
    if (this.value === null && this.#asked === 0) await this.reload();
  }

  async reload(): Promise<void> {
    this.#asked += 1;
    const mine = this.#asked;
    clearTimeout(this.#again);
    const outcome = await this.question();
    if (mine !== this.#asked) return;
    this.trouble = outcome.kind === 'done' ? null : outcome;
    if (outcome.kind === 'done') this.value = outcome.value;
    if (outcome.kind === 'unreachable') this.#again = setTimeout(() => void this.reload(), AGAIN_MS);
  }
}
