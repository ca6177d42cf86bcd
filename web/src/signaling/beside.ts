/** What people do, sent beside the WebSocket as well while the line is weak (docs/protocol.md, P65). */
import { Courier } from '@/signaling/courier';
import { deflated } from '@/signaling/packing';
import { Weakness } from '@/signaling/weakness';
import {
  ACT_TYPES,
  type Act,
  type FromClient,
  type FromServer,
  type Link,
  type OperationId,
  type Rung,
} from '@/signaling/wire.gen';

export interface BesideOptions {
  readonly now: () => number;
  /** Sends a message by the media line's data channel, once; false: there is none, or it is full. */
  readonly say: (data: ArrayBuffer | string) => boolean;
  /** Of the WebSocket, 0 while unknown. ms. */
  readonly roundTripMs: () => number;
}

const ACTS: ReadonlySet<string> = new Set(ACT_TYPES);
const PINGS_KEPT = 16;

export function isAct(message: FromClient): message is Act {
  return ACTS.has(message.type);
}

export class Beside {
  readonly #weakness = new Weakness();
  readonly #options: BesideOptions;
  readonly #courier = new Courier();
  /** The number that the present WebSocket's hello said; 0 without one. */
  #mark = 0;
  #acts = 0;
  #places = new Map<OperationId, number>();
  /** When pings left, and how many acts before each. */
  #pings = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #packing = false;

  constructor(options: BesideOptions) {
    this.#options = options;
  }

  /** Another WebSocket begins, whose hello says this number; 0: none does. */
  by(mark: number): void {
    this.#mark = mark;
    this.#acts = 0;
    this.#courier.clear();
    this.#places.clear();
    this.#pings.clear();
    this.#wait();
  }

  /** The WebSocket was given this frame. */
  wrote(message: FromClient, frame: string): void {
    if (message.type === 'ping') this.#pinged(message.sent_ms);
    if (!isAct(message)) return;
    this.#acts += 1;
    if ('id' in message) this.#places.set(message.id, this.#acts);
    this.#courier.note(this.#acts, frame, this.#options.now());
    void this.#carry();
  }

  /** An event or a refusal says that its operation was taken, a pong that all came which stood before its ping. */
  answered(message: FromServer): void {
    const place = this.#placeOf(message);
    if (place === undefined) return;
    this.#courier.answered(place);
    for (const [id, each] of this.#places) if (each <= place) this.#places.delete(id);
  }

  /** What the media line has found in the last seconds. */
  measured(link: Link): void {
    this.#weakness.measured(link);
    void this.#carry();
  }

  /** The server sent something beside the WebSocket: to its knowledge the line is weak. */
  told(): void {
    this.#weakness.told();
    void this.#carry();
  }

  /** Which rung the line stands on. */
  rung(rung: Rung): void {
    this.#weakness.rung(rung);
    void this.#carry();
  }

  /** Media that should be arriving has fallen silent. */
  silent(): void {
    this.#weakness.silent(this.#options.now());
    void this.#carry();
  }

  #placeOf(message: FromServer): number | undefined {
    if (message.type === 'event') return 'id' in message.event ? this.#places.get(message.event.id) : undefined;
    if (message.type === 'refused') return message.id ? this.#places.get(message.id) : undefined;
    return message.type === 'pong' ? this.#pings.get(message.sent_ms) : undefined;
  }

  #pinged(sentMs: number): void {
    this.#pings.set(sentMs, this.#acts);
    for (const oldest of this.#pings.keys()) if (this.#pings.size > PINGS_KEPT) this.#pings.delete(oldest);
  }

  /** Sends what is due, and wakes up for what will be. */
  async #carry(): Promise<void> {
    if (this.#packing || this.#mark === 0) return;
    const now = this.#options.now();
    this.#courier.line(this.#weakness.line(now, this.#options.roundTripMs()));
    const text = this.#courier.take(now);
    if (text !== null) {
      this.#packing = true;
      await this.#say(this.#mark, text);
      this.#packing = false;
    }
    this.#wait();
  }

  async #say(mark: number, text: string): Promise<void> {
    const told = `${mark}\n${text}`;
    const small = await deflated(told).catch(() => told); // a browser that cannot pack
    const sent = mark === this.#mark && this.#options.say(small);
    this.#courier.spent(sent ? (typeof small === 'string' ? small.length : small.byteLength) : 0);
  }

  #wait(): void {
    if (this.#timer) clearTimeout(this.#timer);
    const dueMs = this.#mark === 0 ? null : this.#courier.dueMs();
    this.#timer =
      dueMs === null ? null : setTimeout(() => void this.#carry(), Math.max(1, dueMs - this.#options.now()));
  }
}
