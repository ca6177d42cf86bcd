/** When a line is tried, and how long each attempt may take. */
import { waitMs } from '@/signaling/backoff';

/** What a line that is not welcomed yet does; null once it is. */
type Phase = { readonly kind: 'trying' } | { readonly kind: 'waiting' } | null;

export interface AttemptsOptions {
  readonly now: () => number;
  readonly random: () => number;
  readonly roundTripMs: () => number;
  readonly begin: () => void;
  /** The attempt has taken too long. */
  readonly giveUp: () => void;
}

const ATTEMPT_MS = 2_000;
/** TCP, TLS and the upgrade, and room for two losses: a new attempt would begin with TCP again. */
const ATTEMPT_ROUND_TRIPS = 8;
/** Each attempt after a failure is given twice the time, up to this. */
const LONGEST_ATTEMPT_MS = 6_000;
/** A timer this late says that the page was too busy to see what had come: its judgement waits for the next turn. */
export const BUSY_MS = 500;

export class Attempts {
  readonly #options: AttemptsOptions;
  #phase: Phase = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** An attempt begins, or has come a step further: this step has its time, and as much again if the page was too busy to look. */
  step(again = false): void {
    this.stop();
    this.#phase = { kind: 'trying' };
    const first = Math.max(ATTEMPT_MS, ATTEMPT_ROUND_TRIPS * this.#options.roundTripMs());
    const given = Math.min(LONGEST_ATTEMPT_MS, first * 2 ** this.#failures);
    const due = this.#options.now() + given;
    this.#timer = setTimeout(() => {
      if (!again && this.#options.now() - due > BUSY_MS) this.step(true);
      else this.#options.giveUp();
    }, given);
  }

  welcomed(): void {
    this.stop();
    this.#failures = 0;
  }

  /** The line is gone: the next attempt begins after a pause. */
  pause(): void {
    this.stop();
    this.#phase = { kind: 'waiting' };
    this.#timer = setTimeout(this.#options.begin, waitMs(this.#failures, this.#options.random()));
    this.#failures += 1;
  }

  /** A sign of life from elsewhere: a pause ends at once. */
  sign(): void {
    if (this.#phase?.kind === 'waiting') this.#options.begin();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = this.#phase = null;
  }
}
