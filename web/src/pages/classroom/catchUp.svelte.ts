/**
 * Catching up with what was missed: offered after a cut, begun and ended by a key or by the room's assistant, never by
 * itself. The lead's sound of the span is played a little faster, the lesson's own is lowered meanwhile.
 */
import type { Lesson } from '@/room/interface';
import { Missed, type Span } from './missed';

/** Speech this much faster is understood as well (pitch is kept). */
export const FASTER = 1.25;
/** What nobody asked for in this time is not offered any longer; the key still works. */
const OFFERED_MS = 120_000;
const SAID_MS = 6_000;
const LOOK_MS = 250;

export type CatchingUp =
  | { readonly kind: 'none' }
  | { readonly kind: 'offered'; readonly span: Span }
  | { readonly kind: 'playing'; readonly span: Span }
  | { readonly kind: 'failed'; readonly span: Span };

export class CatchUp {
  state: CatchingUp = $state.raw({ kind: 'none' });
  /** Lesson time of what is heard now. */
  atMs = $state(0);
  readonly #lesson: Lesson;
  readonly #missed = new Missed();
  readonly #looks: ReturnType<typeof setInterval>;
  #last: Span | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sound: HTMLAudioElement | null = null;

  constructor(lesson: Lesson) {
    this.#lesson = lesson;
    this.#looks = setInterval(() => this.#look(), LOOK_MS);
    void this.#ask();
  }

  /** The key: plays what was missed last, or stops. */
  toggle(): void {
    if (this.state.kind === 'playing') this.stop();
    else this.play();
  }

  play(): void {
    const span = this.#last;
    if (!span || this.state.kind === 'playing' || !this.#possible()) return;
    this.#become({ kind: 'playing', span });
    this.atMs = span.fromMs;
    const sound = new Audio(address(this.#lesson, 'sound', span));
    this.#sound = sound;
    sound.defaultPlaybackRate = sound.playbackRate = FASTER;
    sound.preservesPitch = true;
    sound.onended = () => this.#done();
    sound.onerror = () => this.#failed();
    this.#lesson.lower(true);
    sound.play().catch(() => this.#failed());
  }

  /** Stops, and goes back to the lesson; the span can be asked for again. */
  stop(): void {
    if (this.state.kind === 'playing') this.#become({ kind: 'none' });
  }

  close(): void {
    clearInterval(this.#looks);
    this.#become({ kind: 'none' });
  }

  #look(): void {
    const { media, room } = this.#lesson;
    const hears = media === 'playing';
    if (this.#sound) this.atMs = this.#heardAt();
    if (this.state.kind === 'playing' && !this.#possible()) this.stop();
    const recorded = room?.phase === 'live' && room.recording;
    const span = this.#missed.look(this.#lesson.clockMs(), hears, recorded, this.#lesson.recordedFromMs);
    if (span) this.#offer(span);
  }

  /** After a start in the middle of a lesson the server knows what this room was away for. */
  async #ask(): Promise<void> {
    const id = this.#lesson.card?.id;
    const response = id ? await fetch(`/api/lessons/${id}/missed`).catch(() => null) : null;
    if (!response?.ok) return;
    const { spans } = (await response.json()) as { spans: { from_ms: number; until_ms: number }[] };
    const last = spans.at(-1);
    const fresh = last && this.#lesson.clockMs() - last.until_ms < OFFERED_MS;
    if (fresh && !this.#last) this.#offer({ fromMs: last.from_ms, untilMs: last.until_ms });
  }

  #offer(span: Span): void {
    this.#last = span;
    if (this.state.kind === 'playing') return; // heard first; the key plays the new one after it
    this.#become({ kind: 'offered', span });
    this.#timer = setTimeout(() => this.#become({ kind: 'none' }), OFFERED_MS);
  }

  /** Not while the class is on the floor, the line is down, or nothing is recorded. */
  #possible(): boolean {
    const { room, media, you } = this.#lesson;
    return media === 'playing' && room?.phase === 'live' && room.recording && room.floor !== you?.id;
  }

  #heardAt(): number {
    const { fromMs = 0 } = this.state.kind === 'playing' ? this.state.span : {};
    return fromMs + (this.#sound?.currentTime ?? 0) * 1000;
  }

  #done(): void {
    if (this.state.kind !== 'playing') return;
    if (this.#last === this.state.span) this.#last = null;
    this.#missed.settle();
    this.#become({ kind: 'none' });
    if (this.#last) this.#offer(this.#last);
  }

  #failed(): void {
    if (this.state.kind !== 'playing') return;
    this.#become({ kind: 'failed', span: this.state.span });
    this.#timer = setTimeout(() => this.#become({ kind: 'none' }), SAID_MS);
  }

  #become(state: CatchingUp): void {
    clearTimeout(this.#timer);
    this.state = state;
    if (state.kind === 'playing' || !this.#sound) return;
    const sound = this.#sound;
    this.#sound = null;
    sound.onended = sound.onerror = null;
    sound.pause();
    sound.removeAttribute('src');
    sound.load();
    this.#lesson.lower(false);
  }
}

/** Where the server has a part of the span. */
export function address(lesson: Lesson, what: 'sound' | 'board', { fromMs, untilMs }: Span): string {
  return `/api/lessons/${lesson.card?.id}/missed/${what}?from_ms=${Math.round(fromMs)}&until_ms=${Math.round(untilMs)}`;
}
