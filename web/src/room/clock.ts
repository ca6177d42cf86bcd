/** The lesson's clock on this page, set by the server's pongs. Pure: local time is an argument, in monotonic ms. */
import type { Pong, Welcome } from '@/signaling/wire.gen';

interface Reading {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

/** Readings kept; the one with the shortest round trip tells the time (RFC 5905, section 10, in small). */
const KEPT = 8;

export class LessonClock {
  #readings: Reading[] = [];
  #welcome = 0;

  /** Good to a round trip, until the first pong. */
  welcomed({ now_ms }: Welcome, localMs: number): void {
    this.#welcome = now_ms - localMs;
    this.#readings = [];
  }

  answered({ sent_ms, now_ms }: Pong, localMs: number): void {
    const roundTripMs = Math.max(0, localMs - sent_ms);
    const reading = { roundTripMs, offsetMs: now_ms + roundTripMs / 2 - localMs };
    this.#readings = [...this.#readings.slice(1 - KEPT), reading];
  }

  /** The lesson's clock at `localMs`: milliseconds since its log was opened. */
  at(localMs: number): number {
    const best = this.#readings.reduce<Reading | null>(
      (least, each) => (least && least.roundTripMs <= each.roundTripMs ? least : each),
      null,
    );
    return Math.round(localMs + (best ? best.offsetMs : this.#welcome));
  }

  /** The shortest round trip lately; null before the first pong. */
  get roundTripMs(): number | null {
    return this.#readings.length > 0 ? Math.min(...this.#readings.map((each) => each.roundTripMs)) : null;
  }
}
