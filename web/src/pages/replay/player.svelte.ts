/**
 * The media elements of one replay, carried through time together. It reads them, lets `conduct` decide and does what
 * is decided; whoever wants to draw in step asks `now()` in `onframe`.
 */
import * as clock from '@/replay/clock';
import { conduct, type Phase } from '@/replay/conductor';
import type { Feed } from '@/replay/feeds';
import { FAST, observe } from '@/replay/line';
import { worthLoading } from '@/replay/loading';
import type { Media, Replay } from '@/replay/manifest';
import { arrange, heard, type PaneId } from '@/replay/stage';
import { type ClassState, type Moment, stateAt } from '@/replay/timeline';
import { Track } from './track';

/** Elements are looked at this often when the page is hidden and no frame is drawn. */
const HIDDEN_TICK_MS = 250;
/** The page follows the clock in steps of this. */
const TOLD_EVERY_MS = 50;
/** After the network failed, an element is asked again. */
const RETRY_MS = 2000;
const TRIES = 3;
/** A page that slept has not been waiting for data. */
const LONGEST_TICK_MS = 500;

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
  /** Files that are being fetched; the others rest, because the line or the browser does not bear more. */
  fetched = $state.raw<ReadonlySet<string>>(new Set());
  readonly state: ClassState = $derived.by(() => stateAt(this.#moments, this.atMs));

  readonly durationMs: number;
  readonly #replay: Replay;
  readonly #feeds: readonly Feed[];
  readonly #moments: readonly Moment[];
  readonly #classes: number;
  readonly #tracks = new Map<string, Track>();
  readonly #listeners = new Set<(atMs: number) => void>();
  #clock: clock.Clock = clock.stoppedAt(0, performance.now());
  #line = FAST;
  #tickedMs = performance.now();
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
    const track = new Track(feed, media, element, address);
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
      track.unload();
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
    for (const track of this.#tracks.values()) track.unload();
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
    this.#load(stage, nowMs);
    const tracks = [...this.#tracks.values()].filter((track) => track.loaded);
    const readings = tracks.map((track) => {
      const audible = track.media.audio !== null && this.#heard(track.feed);
      track.voice(this.muted || !audible, this.volume);
      return track.read(audible, audible || stage === track.feed.id, nowMs);
    });
    const decision = conduct(this.#clock, this.#wanted && !this.#scrubbing, readings, nowMs, this.durationMs);
    this.#clock = decision.clock;
    this.phase = decision.phase;
    this.#watchLine(nowMs);
    if (decision.phase === 'ended') this.#wanted = false;
    for (const order of decision.orders) {
      this.#tracks.get(order.id)?.obey(order, nowMs, (error) => this.#refused(error));
    }
    this.#tell(clock.position(this.#clock, nowMs));
    if (this.#wanted) this.#soon();
  }

  /** The board is drawn at every frame; the page's texts and bars need not be. */
  #tell(atMs: number): void {
    if (this.phase !== 'playing' || Math.abs(atMs - this.atMs) >= TOLD_EVERY_MS) this.atMs = atMs;
    for (const listener of this.#listeners) listener(atMs);
  }

  /** Gives the files worth it their addresses and takes them from the others. */
  #load(stage: PaneId, nowMs: number): void {
    const needed = (feed: Feed): boolean => !this.#line.thrifty || feed.id === stage || this.#heard(feed);
    const worth = worthLoading(this.#feeds, this.atMs, stage, needed);
    for (const track of this.#tracks.values()) {
      const want = worth.includes(track.media.file) && !track.failed;
      if (want) track.prefer(this.begun ? 'auto' : 'metadata');
      if (want && !track.loaded) track.load(this.atMs, nowMs);
      else if (!want) track.unload();
    }
    if (worth.length !== this.fetched.size || worth.some((file) => !this.fetched.has(file)))
      this.fetched = new Set(worth);
  }

  #watchLine(nowMs: number): void {
    const elapsedMs = Math.min(LONGEST_TICK_MS, nowMs - this.#tickedMs);
    this.#tickedMs = nowMs;
    const master = [...this.#tracks.values()].find((track) => track.feed.master && track.loaded);
    const aheadMs = master?.inHandMs ?? Number.POSITIVE_INFINITY;
    if (this.#wanted) this.#line = observe(this.#line, this.phase === 'buffering', aheadMs, elapsedMs);
  }

  #heard(feed: Feed): boolean {
    return heard(this.state, feed, this.#replay.mode, this.#classes);
  }

  /** The browser plays nothing before the viewer has touched the page: then playing stops, and the big button asks. */
  #refused(error: unknown): void {
    if (error instanceof DOMException && error.name === 'NotAllowedError') this.pause();
  }

  #sought(track: Track): void {
    track.sought(performance.now());
    this.#soon();
  }

  #failed(track: Track): void {
    const code = track.element.error?.code;
    track.failed = true;
    track.failures += 1;
    this.#soon();
    // A server that is away for a moment looks at first like a file that cannot be played.
    const hopeless = code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED && track.failures > TRIES;
    if (hopeless || code === MediaError.MEDIA_ERR_DECODE) {
      this.broken = new Set([...this.broken, track.media.file]);
      return;
    }
    setTimeout(() => {
      track.failed = false;
      this.#soon();
    }, RETRY_MS);
  }
}
