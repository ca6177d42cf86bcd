/** Events that came beside the line before those in front of them. Pure. */
import type { Logged } from '@/signaling/wire.gen';

/** So far ahead at most: what is further away comes by the line itself. */
const EARLY_AT_MOST = 64;

export class Early {
  readonly #events = new Map<number, Logged>();

  /** Keeps an event until those up to it are here; one that is here already, or far ahead, is left. */
  keep(event: Logged, held: number): void {
    if (event.number > held && event.number <= held + EARLY_AT_MOST) this.#events.set(event.number, event);
  }

  /** The event after `held`, if it came; handed out once. What is older is forgotten. */
  after(held: number): Logged | undefined {
    const next = this.#events.get(held + 1);
    for (const number of this.#events.keys()) if (number <= held + 1) this.#events.delete(number);
    return next;
  }
}
