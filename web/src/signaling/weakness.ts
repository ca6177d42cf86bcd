/**
 * Whether this page's line is weak, by what is known of it; a line is mostly as weak one way as the other. Pure.
 *
 * What media lose may have been lost on another's line, before it came here. The server knows: it sends events beside the
 * WebSocket on weak lines alone.
 */
import { GOOD, type Line } from '@/signaling/courier';
import type { Link, Rung } from '@/signaling/wire.gen';

/** Loss from which on a line loses, and below which no more. */
const LOSES_FROM_PERMILLE = 10;
const LOSES_UNTIL_PERMILLE = 4;
/** Media that should come and does not says for so long that the line may be cut. */
const SILENT_MS = 5_000;

export class Weakness {
  #rung: Rung = 'full';
  #loses = false;
  #told = false;
  #roundTripMs = 0;
  #silentUntilMs = -Infinity;

  /** The server's word (signaling/ladder.py). */
  rung(rung: Rung): void {
    this.#rung = rung;
  }

  /** The server sent something beside the WebSocket. */
  told(): void {
    this.#told = true;
  }

  /** What the media line has found in the last seconds. */
  measured({ loss_permille, rtt_ms }: Pick<Link, 'loss_permille' | 'rtt_ms'>): void {
    if (loss_permille < LOSES_UNTIL_PERMILLE) this.#told = false;
    this.#loses = loss_permille >= (this.#loses ? LOSES_UNTIL_PERMILLE : LOSES_FROM_PERMILLE);
    this.#roundTripMs = rtt_ms;
  }

  /** Media that should be arriving has fallen silent. */
  silent(nowMs: number): void {
    this.#silentUntilMs = nowMs + SILENT_MS;
  }

  /** roundTripMs: of the WebSocket, for as long as the media line knows none. */
  line(nowMs: number, roundTripMs: number): Line {
    // What a line for one voice alone loses it loses for being full: copies would take that voice's room.
    const loses = this.#rung !== 'voice' && ((this.#loses && this.#told) || nowMs < this.#silentUntilMs);
    if (!loses && this.#rung === 'full') return GOOD;
    const thin = this.#rung === 'sound' || this.#rung === 'voice';
    return { weak: true, loses, thin, roundTripMs: this.#roundTripMs || roundTripMs };
  }
}
