/** Whether a line that stands is still alive: it is asked every two seconds, and given up when it stays silent. */
import { BUSY_MS } from '@/signaling/attempts';
import type { RoundTrip } from '@/signaling/roundTrip';

export interface PulseOptions {
  readonly now: () => number;
  readonly roundTrip: RoundTrip;
  readonly ping: (sentMs: number) => void;
  /** Once a second. */
  readonly beat: () => void;
  /** Nothing came for too long. doubted: and nobody else heard anything either. */
  readonly dead: (doubted: boolean) => void;
}

const PING_EVERY_MS = 2_000;
const BEAT_MS = PING_EVERY_MS / 2;
const SILENT_MS = 4_000;
/** And so many round trips: TCP that lost something is silent for some of them. */
const SILENT_ROUND_TRIPS = 4;
/** While media packets arrive the line stands, and what was sent by TCP is on its way. */
const SILENT_BESIDE_MEDIA_MS = 12_000;
/** Once media that should arrive does not: the line answers a ping within this and three round trips, or it is gone. */
const DOUBTED_MS = 500;
const UNKNOWN_ROUND_TRIP_MS = 500;

export class Pulse {
  readonly #options: PulseOptions;
  readonly #now: () => number;
  #frameMs = 0;
  #pingedMs = 0;
  #beatMs = 0;
  #mediaMs = -Infinity;
  #beats: ReturnType<typeof setInterval> | null = null;
  #doubts: ReturnType<typeof setTimeout> | null = null;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#now = options.now;
  }

  /** The line stands from now on. */
  start(): void {
    this.#beatMs = this.#now();
    this.#beats = setInterval(() => this.#beat(), BEAT_MS);
  }

  stop(): void {
    if (this.#beats) clearInterval(this.#beats);
    if (this.#doubts) clearTimeout(this.#doubts);
    this.#beats = this.#doubts = null;
  }

  /** Something came by this line; true where it ends a stall. */
  frame(): boolean {
    const stalled = this.#beats !== null && this.#now() - this.#frameMs > SILENT_MS;
    this.#frameMs = this.#now();
    return stalled;
  }

  /** Media packets arrive: a reason to be patient. */
  media(): void {
    this.#mediaMs = this.#now();
  }

  ping(): void {
    this.#pingedMs = this.#now();
    this.#options.ping(Math.round(this.#pingedMs));
  }

  /** Media that should be arriving has fallen silent. */
  doubt(): void {
    if (!this.#beats || this.#doubts) return;
    this.ping();
    const askedMs = this.#now();
    const given = DOUBTED_MS + 3 * (this.#options.roundTrip.ms || UNKNOWN_ROUND_TRIP_MS);
    this.#doubts = setTimeout(() => {
      this.#doubts = null;
      const busy = this.#now() - askedMs > given + BUSY_MS;
      if (!busy && this.#frameMs <= askedMs) this.#options.dead(true);
    }, given);
  }

  #beat(): void {
    this.#options.beat();
    const now = this.#now();
    const busy = now - this.#beatMs > BEAT_MS + BUSY_MS;
    this.#beatMs = now;
    const alone = Math.min(SILENT_BESIDE_MEDIA_MS, SILENT_MS + SILENT_ROUND_TRIPS * this.#options.roundTrip.ms);
    const patience = now - this.#mediaMs < SILENT_MS ? SILENT_BESIDE_MEDIA_MS : alone;
    if (!busy && now - this.#frameMs > patience) this.#options.dead(false);
    else if (now - this.#pingedMs >= PING_EVERY_MS) this.ping();
  }
}
