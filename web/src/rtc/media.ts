/**
 * The media line of this page: it keeps one working peer, for ever.
 *
 * A broken connection is replaced, never repaired, and make before break: the old one is shown until pictures play on the new
 * one. Broken is what ICE says (late: some 7 s), or no packet for a second and a half while somebody is seated.
 */

import { ConnectionLine } from '@/rtc/connectionLine';
import type { MediaOptions, PeerParts } from '@/rtc/mediaOptions';
import type { Thrift } from '@/rtc/peer';
import { Pictures } from '@/rtc/pictures';
import type { MediaPhase } from '@/rtc/words';
import type { Layers, Seat, Source } from '@/signaling/wire.gen';

const SILENT_MS = 1_400;
/** A line too thin for pictures is patient: another connection would fill it for as long as it takes to be made. */
const SILENT_ON_A_THIN_LINE_MS = 2_500;
/** Silent for so long, the line is looked at more often and doubted. */
const DOUBTFUL_MS = 800;
/** After a signaling cut the media line is trusted only if a packet came within this. */
const FRESH_MS = 700;
/** An offer is answered within this, and connected within as much again; after each failure twice as long, up to the next two. */
const STEP_WITHIN_MS = 6_000;
/** The answer stands behind all else that a thin line has to carry; it is lost only with its signaling line. */
const ANSWER_AT_LONGEST_MS = 24_000;
/** DTLS waits twice as long after each loss: beyond this a fresh connection is sooner there. */
const CONNECT_AT_LONGEST_MS = 12_000;
/** A new connection is taken into use after this, pictures or not. */
const PICTURES_WITHIN_MS = 2_000;
const HEALTHY_AFTER_MS = 10_000;
const POLL_MS = 500;
/** A look this late says that the page was too busy to see packets come: its judgement waits for the next one. */
const BUSY_MS = 1_000;
/** While a picture is awaited. */
const FAST_POLL_MS = 120;

export class MediaLine {
  readonly #options: MediaOptions;
  readonly #now: () => number;
  readonly #pictures = new Pictures();
  readonly #layers = new Map<Source, Layers>();
  #thrift: Thrift = null;
  #spare: PeerParts | null = null;
  #current: ConnectionLine | null = null;
  #next: ConnectionLine | null = null;
  #count = 0;
  #failures = 0;
  #retryAtMs: number | null = null;
  #signaling = false;
  #phase: MediaPhase = 'off';
  #timer: ReturnType<typeof setTimeout> | null = null;
  #closed = false;
  #lookedMs = 0;

  constructor(options: MediaOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Makes a connection's many lines while signaling is still on its way: some tenths of a second on a weak machine. */
  prepare(): void {
    this.#spare ??= this.#make();
  }

  /** What was made ready is of the wrong kind. */
  unprepare(): void {
    this.#spare?.close();
    this.#spare = null;
  }

  /** Signaling is open, first or again: offers can be sent, and what died meanwhile is replaced. */
  open(): void {
    this.#signaling = true;
    if (this.#next) this.#dropNext(); // its answer went with the old line
    const current = this.#current;
    const sound = current?.peer.connected && this.#now() - current.lastPacketMs < FRESH_MS;
    if (!sound) this.#build();
    this.#poll();
  }

  /** Signaling is down; pictures and sound go on as long as they can. */
  lost(): void {
    this.#signaling = false;
  }

  async answered(connection: number, sdp: string): Promise<void> {
    const line = this.#next?.peer.connection === connection ? this.#next : null;
    if (!line) return;
    try {
      line.answeredMs = this.#now();
      await line.peer.accept(sdp);
      for (const [slot, { video }] of line.peer.slots.entries()) if (video.mid) line.slotOfMid.set(video.mid, slot);
    } catch {
      this.#failed(line); // an answer this browser cannot use: the next connection starts afresh
    }
  }

  /** The server would not have our offer. */
  refused(): void {
    if (!this.#next) return;
    this.#failed(this.#next);
    if (!this.#current) this.#become('refused');
  }

  seats(seats: readonly Seat[], expected: ReadonlySet<number>): void {
    this.#pictures.seated(seats, expected, this.#now());
    this.#tell();
    this.#poll();
  }

  layers(layers: Layers): void {
    this.#layers.set(layers.source, layers);
    for (const line of [this.#current, this.#next]) void line?.peer.setLayers(layers);
  }

  /** How this page's own line was found: what it sends follows at once. */
  thrift(thrift: Thrift): void {
    this.#thrift = thrift;
    for (const line of [this.#current, this.#next]) line?.thrift(thrift);
  }

  setTrack(source: Source, track: MediaStreamTrack | null): void {
    for (const line of [this.#current, this.#next]) void line?.peer.setTrack(source, track);
  }

  /** Sends a message by the data channel, once; false: there is no way for it now. */
  say(data: ArrayBuffer | string): boolean {
    const current = this.#current?.flows(this.#now()) ? this.#current : null;
    const line = current ?? (this.#next?.connectedMs != null ? this.#next : this.#current);
    return line?.peer.say(data) ?? false;
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    for (const peer of [this.#current?.peer, this.#next?.peer, this.#spare]) peer?.close();
    this.#current = this.#next = this.#spare = null;
    this.#become('off');
  }

  #become(phase: MediaPhase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#options.phase(phase);
  }

  #build(): void {
    if (this.#closed || this.#next || !this.#signaling) return;
    this.#retryAtMs = null;
    const peer = this.#spare ?? this.#make();
    this.#spare = null;
    const line = new ConnectionLine(peer, this.#now());
    this.#next = line;
    if (!this.#current) this.#become('connecting');
    void this.#offer(line);
  }

  #make(): PeerParts {
    this.#count += 1;
    const peer: PeerParts = this.#options.peer(this.#count, (state) => this.#changed(peer, state));
    return peer;
  }

  async #offer(line: ConnectionLine): Promise<void> {
    for (const layers of this.#layers.values()) void line.peer.setLayers(layers);
    line.thrift(this.#thrift);
    const sdp = await line.peer.offer(this.#options.tracks());
    if (this.#next === line && !this.#options.offer(line.peer.connection, sdp)) this.#failed(line);
  }

  #changed(peer: PeerParts, state: RTCPeerConnectionState): void {
    const broken = state === 'failed' || state === 'disconnected' || state === 'closed';
    if (peer === this.#next?.peer) {
      if (state === 'connected') this.#connected(this.#next);
      else if (broken) this.#failed(this.#next);
    } else if (peer === this.#current?.peer) {
      if (broken && !(state === 'disconnected' && this.#current.flows(this.#now()))) this.#build();
    }
  }

  #connected(line: ConnectionLine): void {
    line.connectedMs = this.#now();
    if (!this.#current) this.#promote(line);
    this.#poll();
  }

  /** The new connection takes over: what the slots show comes from it, and the old one is closed. */
  #promote(line: ConnectionLine): void {
    const old = this.#current;
    this.#current = line;
    this.#next = null;
    line.lastPacketMs = this.#now();
    this.#pictures.restart(this.#now());
    this.#options.show(line.peer.slots);
    old?.peer.close();
    this.#become('playing');
  }

  #failed(line: ConnectionLine): void {
    if (this.#next !== line) return;
    this.#dropNext();
    this.#retryAtMs = this.#now() + Math.min(8_000, 500 * 2 ** this.#failures);
    this.#failures += 1;
    this.#poll();
  }

  #dropNext(): void {
    this.#next?.peer.close();
    this.#next = null;
  }

  /** Looks at the connections now, and again soon. */
  #poll(): void {
    if (this.#closed) return;
    if (this.#timer) clearTimeout(this.#timer);
    const quiet = this.#current !== null && this.#now() - this.#current.lastPacketMs > POLL_MS;
    const fast = quiet || this.#next?.connectedMs != null || this.#pictures.awaited(this.#now());
    this.#timer = setTimeout(() => void this.#look(), fast ? FAST_POLL_MS : POLL_MS);
  }

  async #look(): Promise<void> {
    const { current, next } = { current: this.#current, next: this.#next };
    if (current) await current.read(this.#now);
    if (next?.connectedMs != null) await next.read(this.#now);
    if (this.#closed) return;
    if (next && next === this.#next) this.#lookAtNext(next);
    if (current && current === this.#current) this.#lookAtCurrent(current);
    if (this.#retryAtMs !== null && this.#now() >= this.#retryAtMs) this.#build();
    this.#poll();
  }

  #lookAtNext(line: ConnectionLine): void {
    const now = this.#now();
    if (line.connectedMs === null) {
      const longest = line.answeredMs === null ? ANSWER_AT_LONGEST_MS : CONNECT_AT_LONGEST_MS;
      const given = Math.min(longest, STEP_WITHIN_MS * 2 ** this.#failures);
      if (now - (line.answeredMs ?? line.sinceMs) > given) this.#failed(line);
      return;
    }
    const shown = [...this.#pictures.playing(now)].every(
      (slot) => (line.latest?.pictures.get(slot)?.framesDecoded ?? 0) > 0,
    );
    if (shown || now - line.connectedMs > PICTURES_WITHIN_MS) this.#promote(line);
  }

  #lookAtCurrent(line: ConnectionLine): void {
    const now = this.#now();
    if (!line.latest) return;
    this.#pictures.decoded(line.latest.pictures, now);
    this.#tell();
    if (line.latest.way) this.#options.way(line.latest.way);
    if (line.lastPacketMs === line.latest.atMs) this.#options.alive();
    const busy = now - this.#lookedMs > POLL_MS + BUSY_MS;
    this.#lookedMs = now;
    if (!busy && this.#pictures.expecting && now - line.lastPacketMs > DOUBTFUL_MS) this.#options.doubt();
    const silent = !busy && this.#pictures.expecting && now - line.lastPacketMs > this.#silentMs();
    const broken = silent || !(line.peer.connected || line.flows(now));
    this.#become(broken ? 'lost' : 'playing');
    // Back by itself: another connection would only cost the line.
    if (!broken && !busy && line.peer.connected) this.#retryAtMs = null;
    if (broken && this.#retryAtMs === null) this.#build();
    else if (!broken && line.connectedMs !== null && now - line.connectedMs > HEALTHY_AFTER_MS) this.#failures = 0;
    line.wait(line.latest);
    line.repeat(line.latest);
    const told = line.report(line.latest, (ms) => this.#pictures.steady(ms));
    if (told) this.#options.link(told);
  }

  #silentMs(): number {
    return this.#thrift ? SILENT_ON_A_THIN_LINE_MS : SILENT_MS;
  }

  #tell(): void {
    this.#options.playing(this.#pictures.playing(this.#now()));
  }
}
