/** Which span of the lesson this screen could not hear, from its own line. Pure: lesson time is an argument. */

/** Lesson time, ms. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A media line is called lost after so long without a packet (rtc/media.ts). */
const NOTICED_MS = 2_000;
/** Less is not worth a word. */
const SHORTEST_MS = 4_000;
/** After ten minutes away a place in the room is lost (docs/protocol.md, P20). */
const LONGEST_MS = 600_000;
/** Two cuts so near each other are one to those who sat through them. */
const ONE_WITHIN_MS = 15_000;

export class Missed {
  #sinceMs: number | null = null;
  #heardYet = false;
  #last: Span | null = null;

  /**
   * The line as it is at `atMs`. hears: media arrives; recorded: the lesson is being recorded, and has been from
   * `recordedFromMs` on. A span that has just ended, or null.
   */
  look(atMs: number, hears: boolean, recorded: boolean, recordedFromMs = 0): Span | null {
    if (!hears) {
      if (this.#heardYet && recorded) this.#sinceMs ??= atMs - NOTICED_MS;
      return null;
    }
    const since = this.#sinceMs === null ? null : Math.max(this.#sinceMs, recordedFromMs);
    this.#heardYet = true;
    this.#sinceMs = null;
    if (since === null || !recorded || atMs - since < SHORTEST_MS) return null;
    const last = this.#last && this.#last.fromMs >= recordedFromMs ? this.#last : null;
    const joined = last && since - last.untilMs < ONE_WITHIN_MS ? last.fromMs : since;
    this.#last = { fromMs: Math.max(0, joined, atMs - LONGEST_MS), untilMs: atMs };
    return this.#last;
  }

  /** The last span was caught up with, or was told by the server: it is not joined with a later one. */
  settle(): void {
    this.#last = null;
  }
}

const KEYS = ['ArrowLeft', 'c', 'C', 'MediaRewind', 'MediaTrackPrevious'];

/** Whether this key plays what was missed, or stops it: the left key of a remote control, C, or rewind. */
export function isCatchUpKey(event: Pick<KeyboardEvent, 'key' | 'repeat' | 'ctrlKey' | 'altKey' | 'metaKey'>): boolean {
  return !event.repeat && !event.ctrlKey && !event.altKey && !event.metaKey && KEYS.includes(event.key);
}
