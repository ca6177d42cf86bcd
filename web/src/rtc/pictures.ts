/** In which slots pictures arrive now. Pure: time is an argument, in monotonic ms. */
import type { SlotTotals } from '@/rtc/stats';
import type { Seat } from '@/signaling/wire.gen';

/** Without a new frame for so long, a picture stands still. */
const STILL_MS = 2_000;
/** A picture that has not come by then is not worth fast looking. */
const AWAITED_MS = 3_000;

interface Place {
  /** Whose picture, of which source. */
  readonly what: string;
  readonly sinceMs: number;
  /** Frames decoded in the slot; null until the first reading after somebody else had it. */
  frames: number | null;
  lastFrameMs: number | null;
}

export class Pictures {
  #places = new Map<number, Place>();
  /** Slots that have decoded frames on this connection. */
  #used: ReadonlySet<number> = new Set();
  #expected: ReadonlySet<number> = new Set();

  /** seats: who sits where; expected: slots whose participant is present, so that packets should come. */
  seated(seats: readonly Seat[], expected: ReadonlySet<number>, nowMs: number): void {
    const places = new Map<number, Place>();
    for (const { slot, participant, video } of seats) {
      if (!video) continue;
      const what = `${participant}/${video}`;
      const held = this.#places.get(slot);
      const fresh = { what, sinceMs: nowMs, frames: this.#used.has(slot) ? null : 0, lastFrameMs: null };
      places.set(slot, held?.what === what ? held : fresh);
    }
    this.#places = places;
    this.#expected = expected;
  }

  /** Packets should be arriving. */
  get expecting(): boolean {
    return this.#expected.size > 0;
  }

  /** A new connection counts its frames from nought. */
  restart(nowMs: number): void {
    this.#used = new Set();
    for (const [slot, { what, sinceMs, lastFrameMs }] of this.#places) {
      const seen = lastFrameMs === null ? null : nowMs;
      this.#places.set(slot, { what, sinceMs, frames: 0, lastFrameMs: seen });
    }
  }

  decoded(totals: ReadonlyMap<number, SlotTotals>, nowMs: number): void {
    this.#used = new Set(totals.keys());
    for (const [slot, place] of this.#places) {
      const frames = totals.get(slot)?.framesDecoded ?? 0;
      if (place.frames !== null && frames > place.frames) place.lastFrameMs = nowMs;
      place.frames = frames;
    }
  }

  playing(nowMs: number): ReadonlySet<number> {
    const slots = new Set<number>();
    for (const [slot, { lastFrameMs }] of this.#places) {
      if (lastFrameMs !== null && nowMs - lastFrameMs < STILL_MS) slots.add(slot);
    }
    return slots;
  }

  /** A seat was given lately and has no picture yet. */
  awaited(nowMs: number): boolean {
    return [...this.#places.values()].some(
      ({ lastFrameMs, sinceMs }) => lastFrameMs === null && nowMs - sinceMs < AWAITED_MS,
    );
  }

  /** Slots with one and the same seat since `sinceMs`: only their freezes count. */
  steady(sinceMs: number): ReadonlySet<number> {
    return new Set([...this.#places].filter(([, place]) => place.sinceMs <= sinceMs).map(([slot]) => slot));
  }
}
