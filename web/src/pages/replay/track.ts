/** One media element and the file it plays, on the recording's timeline. It decides nothing. */
import type { Order, Reading } from '@/replay/conductor';
import type { Feed } from '@/replay/feeds';
import type { Media } from '@/replay/manifest';
import { learned } from '@/replay/sync';

/** A first guess at what a seek costs. */
const SEEK_COST_MS = 60;

export class Track {
  /** Not to be fetched now. */
  failed = false;
  failures = 0;
  #costMs = SEEK_COST_MS;
  #sentTo: number | null = null;
  #sentMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly feed: Feed,
    readonly media: Media,
    readonly element: HTMLVideoElement,
    readonly address: string,
  ) {}

  /** Without an address an element holds no connection and no buffer. */
  get loaded(): boolean {
    return this.element.hasAttribute('src');
  }

  /** How much can be played from here on without fetching more. */
  get inHandMs(): number {
    const { buffered, currentTime, duration } = this.element;
    for (let range = 0; range < buffered.length; range += 1) {
      const end = buffered.end(range);
      if (buffered.start(range) > currentTime + 0.1 || end < currentTime) continue;
      return end >= duration - 1 ? Number.POSITIVE_INFINITY : (end - currentTime) * 1000;
    }
    return 0;
  }

  /** Begins to fetch; before anything has arrived it is said where to begin, so that nothing is fetched in vain. */
  load(atMs: number, nowMs: number): void {
    this.element.src = this.address;
    this.#send(Math.max(atMs, this.media.start_ms), nowMs);
  }

  unload(): void {
    if (!this.loaded) return;
    this.element.removeAttribute('src');
    this.element.load();
  }

  prefer(preload: 'auto' | 'metadata'): void {
    if (this.element.preload !== preload) this.element.preload = preload;
  }

  voice(muted: boolean, volume: number): void {
    if (this.element.muted !== muted) this.element.muted = muted;
    if (this.element.volume !== volume) this.element.volume = volume;
  }

  read(audible: boolean, essential: boolean, nowMs: number): Reading {
    const { media, element } = this;
    // A file may end a little before what was stated; an element past its end would be waited for in vain.
    const realMs = Number.isFinite(element.duration) ? element.duration * 1000 : media.duration_ms;
    return {
      id: media.file,
      fromMs: media.start_ms,
      toMs: media.start_ms + Math.min(media.duration_ms, realMs),
      atMs: media.start_ms + element.currentTime * 1000,
      rate: element.playbackRate,
      paused: element.paused,
      audible,
      seeking: element.seeking,
      ready: element.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA,
      failed: this.failed,
      master: this.feed.master,
      essential,
      past: { toMs: this.#sentTo, sinceMs: nowMs - this.#sentMs, costMs: this.#costMs },
    };
  }

  /** `refused` hears why the browser does not play. */
  obey(order: Order, nowMs: number, refused: (error: unknown) => void): void {
    const { element } = this;
    if (element.playbackRate !== order.rate) element.playbackRate = order.rate;
    if (order.seekToMs !== null) this.#send(order.seekToMs, nowMs);
    if (order.play && element.paused) void element.play().catch(refused);
    if (!order.play && !element.paused) element.pause();
  }

  /** Its last seek is done. */
  sought(nowMs: number): void {
    this.#costMs = learned(this.#costMs, nowMs - this.#sentMs);
  }

  #send(atMs: number, nowMs: number): void {
    this.element.currentTime = Math.max(0, (atMs - this.media.start_ms) / 1000);
    this.#sentTo = atMs;
    this.#sentMs = nowMs;
  }
}
