/**
 * Which acts are sent beside the WebSocket, and when again: for lines on which TCP waits too long. The twin of
 * server/media/courier.py. Pure: time is an argument.
 *
 * TCP holds everything back behind one lost packet. Here each act leaves by itself, and again until it is answered; the WebSocket
 * carries every act as well, and the server takes whichever copy is first, in the order of their places. Speech goes before
 * all this: where a line is narrow and loses nothing, only what stays unanswered is sent again.
 */

/** weak: it loses, is narrow, or is silent; nothing is sent on others. thin: it carries sound and no picture. */
export interface Line {
  readonly weak: boolean;
  readonly loses: boolean;
  readonly thin: boolean;
  readonly roundTripMs: number;
}

export const GOOD: Line = { weak: false, loses: false, thin: false, roundTripMs: 0 };

export const MOST_HELD = 64;
/** What is older has come by the WebSocket, while the line was good. */
const OLDEST_MS = 5_000;
/** Of an act; longer ones would fill the line. */
export const MOST_ACT_CHARACTERS = 8 * 1024;
/** Where a line loses: another copy, before an answer could have come; a second one if the line is not thin. */
const COPY_AFTER_MS = 120;
/** And one and a half round trips: without an answer by then it was lost. */
const UNANSWERED_MS = 250;
/** Each further time later than the one before, up to this: the line is full, or cut. */
const LATER_BY = 1.5;
const LATEST_MS = 2_000;
const TOGETHER_MS = 60;
/** Of text in one message, unless one act alone is longer: deflated it fits one packet. */
const GROUP_CHARACTERS = 2_000;
/** Of IP, UDP, DTLS and SCTP around a message. */
export const HEADER_BYTES = 90;
/** With headers. Bytes a millisecond. */
export const RATE = { usual: 3, thin: 1.5 } as const;
const BURST_BYTES = 3_000;

interface Held {
  readonly text: string;
  readonly sinceMs: number;
  sends: number;
  sentMs: number;
}

export class Courier {
  readonly #held = new Map<number, Held>();
  #line: Line = GOOD;
  #left = BURST_BYTES;
  #countedMs = 0;

  /** An act, at its place among those of this WebSocket, as it stands in its frame. */
  note(place: number, text: string, nowMs: number): void {
    for (const [oldest, { sinceMs }] of this.#held) {
      const past = !this.#line.weak && sinceMs < nowMs - OLDEST_MS;
      if (this.#held.size < MOST_HELD && !past) break;
      this.#held.delete(oldest);
    }
    if (text.length <= MOST_ACT_CHARACTERS) this.#held.set(place, { text, sinceMs: nowMs, sends: 0, sentMs: 0 });
  }

  /** The act at this place was taken, and so all before it: they are taken in order. */
  answered(place: number): void {
    for (const held of this.#held.keys()) if (held <= place) this.#held.delete(held);
  }

  /** Another WebSocket: its acts are counted anew. */
  clear(): void {
    this.#held.clear();
  }

  /** The line is like this from now on. */
  line(line: Line): void {
    this.#line = line;
  }

  /** When `take` has something to send; null: not before another act. */
  dueMs(): number | null {
    if (!this.#line.weak || this.#held.size === 0) return null;
    const refilledMs = this.#left >= 0 ? 0 : this.#countedMs - this.#left / this.#rate();
    return Math.max(refilledMs, Math.min(...[...this.#held.values()].map((held) => this.#dueMs(held))));
  }

  /** What to send now as one message: a line for each act, its place and its frame; null: nothing yet. */
  take(nowMs: number): string | null {
    this.#left = Math.min(BURST_BYTES, this.#left + (nowMs - this.#countedMs) * this.#rate());
    this.#countedMs = nowMs;
    const dueMs = this.dueMs();
    if (dueMs === null || dueMs > nowMs) return null;
    const lines: string[] = [];
    let size = 0;
    for (const [place, held] of this.#held) {
      if (this.#dueMs(held) > nowMs + TOGETHER_MS || (size > 0 && size + held.text.length > GROUP_CHARACTERS)) continue;
      held.sends += 1;
      held.sentMs = nowMs;
      size += held.text.length;
      lines.push(`${place} ${held.text}`);
    }
    return lines.join('\n');
  }

  /** What was taken last left in a message of so many bytes. */
  spent(bytes: number): void {
    this.#left -= bytes + HEADER_BYTES;
  }

  #dueMs({ sinceMs, sends, sentMs }: Held): number {
    const patienceMs = UNANSWERED_MS + 1.5 * this.#line.roundTripMs;
    if (sends === 0) return this.#line.loses ? sinceMs : sinceMs + patienceMs;
    const copies = this.#line.loses ? (this.#line.thin ? 2 : 3) : 1;
    if (sends < copies) return sentMs + COPY_AFTER_MS;
    return sentMs + Math.min(Math.max(patienceMs, LATEST_MS), patienceMs * LATER_BY ** Math.min(sends - copies, 8));
  }

  #rate(): number {
    return this.#line.thin ? RATE.thin : RATE.usual;
  }
}
