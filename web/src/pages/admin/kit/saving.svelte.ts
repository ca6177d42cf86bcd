/** A change on its way to the server. */
import type { Outcome, Trouble } from '@/api/ask';

/** One form's changes, one at a time: `busy` while one is on its way, `trouble` when it was refused. */
export class Saving {
  busy = $state(false);
  trouble = $state.raw<Trouble | null>(null);

  /** The answer, or null when it was refused; then `trouble` says why. */
  async run<T>(asking: () => Promise<Outcome<T>>): Promise<T | null> {
    if (this.busy) return null;
    this.busy = true;
    const outcome = await asking();
    this.busy = false;
    this.trouble = outcome.kind === 'done' ? null : outcome;
    return outcome.kind === 'done' ? outcome.value : null;
  }
}
