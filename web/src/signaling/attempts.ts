/** When a line is tried, how long each attempt may take, and what ends a pause or an attempt before (docs/protocol.md, P73). */
import { attemptMs, staleMs, waitMs } from '@/signaling/backoff';

/** What a line that is not welcomed yet does; null once it is. sinceMs: the latest step of the attempt. */
type Phase = { readonly kind: 'trying'; readonly sinceMs: number } | { readonly kind: 'waiting' } | null;

export interface AttemptsOptions {
  readonly now: () => number;
  readonly random: () => number;
  /** 0 where unknown. */
  readonly roundTripMs: () => number;
  readonly begin: () => void;
  /** The attempt has taken too long. */
  readonly giveUp: () => void;
}

/** A timer this late says that the page was too busy to see what had come: its judgement waits for the next turn. */
export const BUSY_MS = 500;

export class Attempts {
  readonly #options: AttemptsOptions;
  #phase: Phase = null;
  /** Attempts in a row that were not welcomed. */
  #failures = 0;
  #stood = false;
  #mediaMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** An attempt begins, or has come a step further: this step has its time, and as much again if the page was too busy to look. */
  step(again = false): void {
    const { now, roundTripMs, giveUp } = this.#options;
    this.stop();
    const given = attemptMs(this.#failures, roundTripMs());
    this.#phase = { kind: 'trying', sinceMs: now() };
    const due = now() + given;
    this.#timer = setTimeout(() => {
      if (!again && now() - due > BUSY_MS) this.step(true);
      else giveUp();
    }, given);
  }

  welcomed(): void {
    this.stop();
    this.#failures = 0;
    this.#stood = true;
  }

  /** The line is gone, or never came to stand: the next attempt begins after a pause. */
  pause(): void {
    this.stop();
    this.#failures += this.#stood ? 0 : 1;
    this.#stood = false;
    this.#phase = { kind: 'waiting' };
    this.#timer = setTimeout(this.#options.begin, waitMs(this.#failures, this.#options.random()));
  }

  /** A sign of life from elsewhere: a pause ends at once, and so does what has hung for longer than the line is long. */
  sign(): void {
    const phase = this.#phase;
    if (phase === null) return;
    const { now, roundTripMs, begin } = this.#options;
    if (phase.kind === 'trying') {
      if (now() - phase.sinceMs < staleMs(this.#failures, roundTripMs())) return;
      this.#failures += 1;
    }
    begin();
  }

  /** Media packets arrive: while an attempt is under way, a sign of life only where they had ceased before it. */
  media(): void {
    const phase = this.#phase;
    const came = phase?.kind !== 'trying' || this.#mediaMs < phase.sinceMs;
    this.#mediaMs = this.#options.now();
    if (came) this.sign();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = this.#phase = null;
  }
}
