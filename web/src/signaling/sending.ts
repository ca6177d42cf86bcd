/** What goes out by one line after the other: operations until they are answered, the rest once or not at all. */
import type { Beside } from '@/signaling/beside';
import type { Wire } from '@/signaling/line';
import { type Operation, Outbox } from '@/signaling/outbox';
import type { FromClient, FromServer } from '@/signaling/wire.gen';

/** Above this the line is full: ink, laser and levels would only arrive late. */
const EXPENDABLE_BYTES = 32_768;

const EXPENDABLE = new Set<FromClient['type']>(['ink', 'laser', 'level', 'link', 'board_check']);
/** Thirty of them a second take as much of a thin line as a voice. */
const NOT_ON_A_THIN_LINE = new Set<FromClient['type']>(['ink', 'laser']);

export class Sending {
  readonly #now: () => number;
  readonly #beside: Beside;
  readonly #outbox = new Outbox();
  #wire: Wire | null = null;
  /** The event to reach before unanswered operations are sent again; null before the welcome. */
  #caughtUpAt: number | null = null;
  #resumed = false;
  /** The line is too thin for what is seen before it is finished. */
  thin = false;

  constructor(now: () => number, beside: Beside) {
    this.#now = now;
    this.#beside = beside;
  }

  /** Another line begins, or none. mark: what says that something beside it belongs to it; 0: nothing does. */
  by(wire: Wire | null, mark = 0): void {
    this.#beside.by(mark);
    this.#wire = wire;
    this.#caughtUpAt = null;
    this.#resumed = false;
  }

  /** The server's log was at `number` when it welcomed us. */
  welcomed(number: number): void {
    this.#caughtUpAt = number;
  }

  /** Once all that happened before the welcome is here, what is still unanswered was never carried out: send it again. */
  reached(number: number): void {
    if (this.#resumed || this.#caughtUpAt === null || number < this.#caughtUpAt) return;
    this.#resumed = true;
    this.#outbox.restart();
    this.flush();
  }

  /** Kept until it is answered. False: there is no room for it. */
  operation(message: Operation): boolean {
    if (!this.#outbox.add(message)) return false;
    this.flush();
    return true;
  }

  /** False: there is no line, or it is too full or too thin for this. */
  once(message: FromClient): boolean {
    if (!this.#wire || (this.thin && NOT_ON_A_THIN_LINE.has(message.type))) return false;
    if (EXPENDABLE.has(message.type) && this.#wire.bufferedAmount > EXPENDABLE_BYTES) return false;
    this.write(message);
    return true;
  }

  /** Sends what may be sent of the outbox; the heartbeat sends the rest. */
  flush(): void {
    if (!this.#resumed) return;
    for (const operation of this.#outbox.take(this.#now())) this.write(operation);
  }

  write(message: FromClient): void {
    if (!this.#wire) return;
    const frame = JSON.stringify(message);
    this.#wire.send(frame);
    this.#beside.wrote(message, frame);
  }

  answered(message: FromServer): void {
    this.#outbox.answered(message);
    this.#beside.answered(message);
  }
}
