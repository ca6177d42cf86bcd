/** Where in the log this client is. Pure. */
import { Early } from '@/signaling/early';
import type { Logged } from '@/signaling/wire.gen';

export class Position {
  /** Of the last event that is here. */
  number = 0;
  /** The last event that this line's other end knows to be here. */
  #acked = 0;
  readonly #early = new Early();

  /** Another line begins: its other end knows nothing yet. */
  anew(): void {
    this.#acked = 0;
  }

  /** What `event` is: the next one, which is taken; one that is here already; or one behind a gap. */
  take({ number }: Logged): 'next' | 'known' | 'gap' {
    if (number <= this.number) return 'known';
    if (number > this.number + 1) return 'gap';
    this.number = number;
    return 'next';
  }

  /** An event that came beside the line, perhaps before its turn. */
  keep(event: Logged): void {
    this.#early.keep(event, this.number);
  }

  /** What came before its turn and is next now; it is taken. */
  *takeEarly(): Generator<Logged> {
    for (let event = this.#early.after(this.number); event; event = this.#early.after(this.number)) {
      this.number = event.number;
      yield event;
    }
  }

  /** The number to acknowledge, null where nothing is new. */
  unacknowledged(): number | null {
    if (this.number <= this.#acked) return null;
    this.#acked = this.number;
    return this.#acked;
  }
}
