/**
 * The media elements of one replay, carried through time together. It reads them, lets `conduct` decide and does what
 * is decided; whoever wants to draw in step asks `now()` in `onframe`.
 */
import * as clock from '@/replay/clock';
import { conduct, type Order, type Phase, type Reading } from '@/replay/conductor';
import type { Feed } from '@/replay/feeds';
import { worthLoading } from '@/replay/loading';
import type { Media, Replay } from '@/replay/manifest';
import { arrange, heard, type PaneId } from '@/replay/stage';
import { learned } from '@/replay/sync';
import { type ClassState, type Moment, stateAt } from '@/replay/timeline';

/** Elements are looked at this often when the page is hidden and no frame is drawn. */
const HIDDEN_TICK_MS = 250;
/** The page follows the clock in steps of this. */
const TOLD_EVERY_MS = 50;
/** After the network failed, an element is asked again. */
const RETRY_MS = 2000;

interface Track {
  readonly feed: Feed;
  readonly media: Media;
  readonly element: HTMLVideoElement;
  readonly address: string;
  failed: boolean;
  costMs: number;
  /** Where its last seek went, on the recording's timeline, and when it was asked for. */
  askedFor: number | null;
  askedMs: number;
}

export class Player {
  phase = $state<Phase>('paused');
  /** Where the recording is, ms from its start; once per frame while it plays. */
  atMs = $state(0);
  rate = $state(1);
  volume = $state(1);
  muted = $state(false);
  /** The pane that the viewer wants large; null to see what class saw. */
  chosen = $state<PaneId | null>(null);
  /** Playback has been asked for: pictures may be fetched. */
  begun = $state(false);
  /** Files that this browser cannot play. */
  broken = $state.raw<ReadonlySet<string>>(new Set());
  readonly state: ClassState = $derived.by(() => stateAt(this.#moments, this.atMs));

  readonly durationMs: number;
  readonly #replay: Replay;
  readonly #feeds: readonly Feed[];
  readonly #moments: readonly Moment[];
  readonly #classes: number;
  readonly #tracks = new Map<string, Track>();
  readonly #listeners = new Set<(atMs: number) => void>();
  #clock: clock.Clock = clock.stoppedAt(0, performance.now());
  #wanted = false;
  #scrubbing = false;
  #frame = 0;
  #timer: ReturnType<typeof setInterval>;

  constructor(replay: Replay, feeds: readonly Feed[], moments: readonly Moment[]) {
    this.#replay = replay;
    this.#feeds = feeds;
    this.#moments = moments;
    this.#classes = replay.people.filter(({ role }) => role === 'classroom').length;
    this.durationMs = replay.duration_ms;
    this.#timer = setInterval(() => document.hidden && this.#tick(), HIDDEN_TICK_MS);
  }

  /** Takes charge of the element that shows `media` of `feed`; what is returned lets go of it. */
  take(feed: Feed, media: Media, address: string, element: HTMLVideoElement): () => void {
    const track: Track = { feed, media, element, address, failed: false, costMs: 60, askedFor: null, askedMs: -1e9 };
    this.#tracks.set(media.file, track);
    const done = new AbortController();
    const { signal } = done;
    const soon = (): void => this.#soon();
    for (const news of ['loadedmetadata', 'canplay', 'loadeddata', 'waiting', 'ended'])
      element.addEventListener(news, soon, { signal });
    element.addEventListener('seeked', () => this.#sought(track), { signal });
    element.addEventListener('error', () => this.#failed(track), { signal });
    this.#soon();
    return () => {
      done.abort();
      this.#tracks.delete(media.file);
      unload(element);
    };
  }

  /** Calls `listener` with the time of every frame, and after every jump. */
  onframe(listener: (atMs: number) => void): () => void {
    this.#listeners.add(listener);
    listener(this.atMs);
    return () => this.#listeners.delete(listener);
  }

  play(): void {
    this.begun = true;
    if (this.phase === 'ended') this.seek(0);
    this.#wanted = true;
    this.#soon();
  }

  pause(): void {
    this.#wanted = false;
    this.#soon();
  }

  toggle(): void {
    if (this.#wanted) this.pause();
    else this.play();
  }

  seek(ms: number): void {
    const to = Math.min(this.durationMs, Math.max(0, ms));
    const nowMs = performance.now();
    this.#clock = clock.moveTo(clock.hold(this.#clock, nowMs), to, nowMs);
    this.atMs = to;
    this.#soon();
  }

  /** The bar is being dragged: pictures follow as fast as they can, nothing plays. */
  scrub(ms: number): void {
    this.#scrubbing = true;
    this.begun = true;
    this.seek(ms);
  }

  scrubbed(): void {
    this.#scrubbing = false;
    this.#soon();
  }

  setRate(rate: number): void {
    this.rate = rate;
    this.#clock = clock.withRate(this.#clock, rate, performance.now());
    this.#soon();
  }

  close(): void {
    clearInterval(this.#timer);
    cancelAnimationFrame(this.#frame);
    for (const track of this.#tracks.values()) unload(track.element);
    this.#tracks.clear();
  }

  #soon(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #tick(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const nowMs = performance.now();
    const { stage } = arrange(this.state, this.#feeds, this.atMs, this.chosen);
    this.#load(stage);
    const tracks = [...this.#tracks.values()].filter(({ element }) => loaded(element));
    for (const track of tracks) this.#voice(track);
    const readings = tracks.map((track) => this.#read(track, stage, nowMs));
    const decision = conduct(this.#clock, this.#wanted && !this.#scrubbing, readings, nowMs, this.durationMs);
    this.#clock = decision.clock;
    this.phase = decision.phase;
    if (decision.phase === 'ended') this.#wanted = false;
    for (const order of decision.orders) this.#obey(order, nowMs);
    this.#tell(clock.position(this.#clock, nowMs));
    if (this.#wanted) this.#soon();
  }

  /** The board is drawn at every frame; the page's texts and bars need not be. */
  #tell(atMs: number): void {
    if (this.phase !== 'playing' || Math.abs(atMs - this.atMs) >= TOLD_EVERY_MS) this.atMs = atMs;
    for (const listener of this.#listeners) listener(atMs);
  }

  /** Gives the files worth it their addresses and takes them from the others. */
  #load(stage: PaneId): void {
    const worth = new Set(worthLoading(this.#feeds, this.atMs, stage));
    for (const track of this.#tracks.values()) {
      const { media, element, address, failed } = track;
      const want = worth.has(media.file) && !failed;
      if (want && !loaded(element)) {
        element.src = address;
        // Before anything has arrived this says where to begin, so that nothing is fetched in vain.
        this.#send(track, Math.max(this.atMs, media.start_ms), performance.now());
      } else if (!want && loaded(element)) unload(element);
      const preload = this.begun ? 'auto' : 'metadata';
      if (want && element.preload !== preload) element.preload = preload;
    }
  }

  #audible({ media, feed }: Track): boolean {
    return media.audio !== null && heard(this.state, feed, this.#replay.mode, this.#classes);
  }

  #voice(track: Track): void {
    const { element } = track;
    const muted = this.muted || !this.#audible(track);
    if (element.muted !== muted) element.muted = muted;
    if (element.volume !== this.volume) element.volume = this.volume;
  }

  #read(track: Track, stage: PaneId, nowMs: number): Reading {
    const { media, element, feed } = track;
    const audible = this.#audible(track);
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
      failed: track.failed,
      master: feed.master,
      essential: audible || stage === feed.id,
      past: { toMs: track.askedFor, sinceMs: nowMs - track.askedMs, costMs: track.costMs },
    };
  }

  #obey(order: Order, nowMs: number): void {
    const track = this.#tracks.get(order.id);
    if (!track) return;
    const { element } = track;
    if (element.playbackRate !== order.rate) element.playbackRate = order.rate;
    if (order.seekToMs !== null) this.#send(track, order.seekToMs, nowMs);
    if (order.play && element.paused) void element.play().catch((error: unknown) => this.#refused(error));
    if (!order.play && !element.paused) element.pause();
  }

  #send(track: Track, atMs: number, nowMs: number): void {
    track.element.currentTime = Math.max(0, (atMs - track.media.start_ms) / 1000);
    track.askedMs = nowMs;
    track.askedFor = atMs;
  }

  /** The browser plays nothing before the viewer has touched the page: then playing stops, and the big button asks. */
  #refused(error: unknown): void {
    if (error instanceof DOMException && error.name === 'NotAllowedError') this.pause();
  }

  #sought(track: Track): void {
    track.costMs = learned(track.costMs, performance.now() - track.askedMs);
    this.#soon();
  }

  #failed(track: Track): void {
    track.failed = true;
    this.#soon();
    if (track.element.error?.code !== MediaError.MEDIA_ERR_NETWORK) {
      this.broken = new Set([...this.broken, track.media.file]);
      return;
    }
    setTimeout(() => {
      track.failed = false;
      this.#soon();
    }, RETRY_MS);
  }
}

function loaded(element: HTMLMediaElement): boolean {
  return element.hasAttribute('src');
}

/** Without an address an element holds no connection and no buffer. */
function unload(element: HTMLMediaElement): void {
  if (!loaded(element)) return;
  element.removeAttribute('src');
  element.load();
}
