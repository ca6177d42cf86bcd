/**
 * The only WebSocket of a page: it joins, resumes, and reconnects for ever.
 *
 * After a cut it says which event it holds last and receives the rest; operations that nobody has answered are sent again.
 * A gap in the numbers, a frame that is not JSON or four silent seconds end the connection, never the lesson.
 */
import { Attempts } from '@/signaling/attempts';
import { Beside } from '@/signaling/beside';
import { BoardParts } from '@/signaling/boardParts';
import type { SocketOptions, SocketState, Wire } from '@/signaling/line';
import { isOperation } from '@/signaling/outbox';
import { canInflate } from '@/signaling/packing';
import { parse } from '@/signaling/parse';
import { Position } from '@/signaling/position';
import { Pulse } from '@/signaling/pulse';
import { LONG_LINE_MS, RoundTrip } from '@/signaling/roundTrip';
import { Sending } from '@/signaling/sending';
import type { FromClient, FromServer, Goodbye, Logged, Rung, Snapshot, Welcome } from '@/signaling/wire.gen';
import { EDITION, VERSION } from '@/signaling/wire.gen';

export type { SocketOptions, SocketState, Wire };

const LARGEST_MARK = 0xffff_fffe;

export class Socket {
  readonly #options: SocketOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  /** Whether a board may come in parts. */
  readonly #parted = canInflate();
  readonly #position = new Position();
  readonly #beside: Beside;
  readonly #sending: Sending;
  readonly #roundTrip = new RoundTrip();
  readonly #attempts: Attempts;
  readonly #pulse: Pulse;
  readonly #board: BoardParts;
  #state: SocketState = { kind: 'connecting' };
  #wire: Wire | null = null;
  #goodbye: Goodbye | null = null;
  /** What goes beside the present line says this; 0: nothing does. */
  #mark = 0;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    this.#beside = new Beside({
      now: this.#now,
      say: (data) => options.beside?.(data) ?? false,
      roundTripMs: () => this.#roundTrip.shortestMs,
    });
    this.#sending = new Sending(this.#now, this.#beside);
    this.#roundTrip.suppose(options.roundTripMs?.() ?? 0);
    this.#attempts = new Attempts({
      now: this.#now,
      random: this.#random,
      roundTripMs: () => this.#roundTrip.shortestMs,
      begin: () => this.#connect(),
      giveUp: () => this.#lost(),
    });
    this.#pulse = new Pulse({
      now: this.#now,
      roundTrip: this.#roundTrip,
      ping: (sentMs) => this.#ping(sentMs),
      beat: () => this.#sending.flush(),
      dead: (doubted) => this.#dead(doubted),
    });
    const long = this.#parted && this.#roundTrip.ms >= LONG_LINE_MS;
    this.#board = new BoardParts((long && options.ahead?.()) || null, {
      receipt: (parts) => this.#sending.write({ type: 'ack', number: this.#position.number, parts }),
      took: (message) => options.received(message),
      broken: () => this.#lost(),
    });
    this.#connect();
  }

  get state(): SocketState {
    return this.#state;
  }

  /** Number of the last event this client holds. */
  get number(): number {
    return this.#position.number;
  }

  /**
   * Sends a message. Operations are kept until answered and sent again after a cut; the rest needs an open line.
   * False: it was not sent and will not be.
   */
  send(message: FromClient): boolean {
    if (message.type === 'link') this.#beside.measured(message);
    if (isOperation(message)) return this.#state.kind !== 'closed' && this.#sending.operation(message);
    return this.#state.kind === 'open' && this.#sending.once(message);
  }

  /** On a thin line others see a stroke once it is finished: speech goes first. */
  thrift(thin: boolean): void {
    this.#sending.thin = thin;
  }

  /** On which rung of the ladder this line stands. */
  rung(rung: Rung): void {
    this.#beside.rung(rung);
  }

  /** A sign of life from elsewhere (`online`, the page made visible): try now, or see whether the line stands. */
  nudge(): void {
    if (this.#state.kind === 'open') this.#pulse.ping();
    else this.#attempts.sign();
  }

  /** Media packets arrive: time to try again, and a reason to be patient. */
  alive(): void {
    this.#pulse.media();
    this.#attempts.media();
  }

  /** Media that should be arriving has fallen silent: an address may have changed, and then this line is dead as well. */
  doubt(): void {
    this.#beside.silent();
    this.#pulse.doubt();
  }

  /** Leaves for good; twice is once. */
  close(): void {
    if (this.#state.kind === 'closed') return;
    this.#drop();
    this.#become({ kind: 'closed', code: 'left' });
  }

  #connect(): void {
    this.#drop();
    this.#become({ kind: 'connecting' });
    this.#roundTrip.suppose(this.#options.roundTripMs?.() ?? 0);
    this.#goodbye = null;
    const wire = this.#options.open();
    this.#wire = wire;
    this.#mark = this.#options.beside ? 1 + Math.floor(this.#random() * LARGEST_MARK) : 0;
    this.#sending.by(wire, this.#mark);
    this.#attempts.step();
    wire.onopen = () => this.#hello();
    wire.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#part(data);
      else this.#frame(String(data));
    };
    wire.onclose = () => this.#lost();
  }

  #hello(): void {
    const { lesson, screen } = this.#options;
    const after = this.#board.missing ? 0 : this.#position.number; // whose board has gaps begins anew
    const ahead = after === 0 && this.#board.ahead;
    this.#sending.write({
      type: 'hello',
      version: VERSION,
      lesson,
      after,
      screen,
      edition: EDITION,
      parts: this.#parted,
      ahead,
      ...(this.#mark > 0 && { beside: this.#mark }),
    });
    this.#attempts.step();
  }

  /** The line is gone, whoever noticed: forget it and come back, unless the server said not to. */
  #lost(): void {
    this.#drop();
    if (this.#goodbye && !this.#goodbye.retry) {
      this.#become({ kind: 'closed', code: this.#goodbye.code });
      return;
    }
    this.#become({ kind: 'waiting' });
    this.#attempts.pause();
  }

  /** Where it was doubted, an address may have changed: the way is free for another at once. */
  #dead(doubted: boolean): void {
    this.#lost();
    if (doubted) this.nudge();
  }

  #drop(): void {
    this.#attempts.stop();
    this.#pulse.stop();
    this.#position.anew();
    this.#sending.by(null);
    const wire = this.#wire;
    this.#wire = null;
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close();
  }

  #become(state: SocketState): void {
    if (state.kind === this.#state.kind && state.kind !== 'closed') return;
    this.#state = state;
    this.#options.changed(state);
  }

  /**
   * A frame that came another way, out of order and perhaps twice: on weak lines the server sends events beside this line as
   * well. Only numbered events count; each is taken once, in its turn, whichever way brought it first.
   */
  beside(text: string): void {
    this.#beside.told();
    const message = parse(text);
    if (message?.type !== 'event' || this.#state.kind !== 'open') return;
    this.#position.keep(message);
    this.#takeEarly();
    this.#sending.reached(this.#position.number);
  }

  /** What came early and is next now. */
  #takeEarly(): void {
    for (const event of this.#position.takeEarly()) this.#took(event);
  }

  #took(message: FromServer): void {
    this.#sending.answered(message);
    this.#options.received(message);
  }

  #frame(text: string): void {
    const stalled = this.#pulse.frame();
    const message = parse(text);
    if (!message) {
      this.#lost();
      return;
    }
    if (message.type === 'welcome') this.#welcomed(message);
    if (message.type === 'goodbye') this.#goodbye = message;
    if (message.type === 'pong') this.#roundTrip.took(this.#now() - message.sent_ms);
    if (message.type === 'snapshot') this.#begin(message);
    if (message.type === 'event' && !this.#isNext(message)) return;
    this.#took(message);
    if (message.type === 'event') this.#takeEarly();
    if (message.type === 'goodbye') this.#lost();
    else this.#sending.reached(this.#position.number);
    if (stalled) this.#afterStall();
  }

  /** All that stood behind the stall comes now, and has waited for its acknowledgement long enough. */
  #afterStall(): void {
    setTimeout(() => {
      if (this.#state.kind === 'open') this.#pulse.ping();
    }, 0);
  }

  #begin(snapshot: Snapshot): void {
    this.#position.number = snapshot.state.number;
    this.#board.begin(snapshot, this.#stillThis());
  }

  #part(data: ArrayBuffer): void {
    this.#pulse.frame();
    this.#board.take(data, this.#stillThis());
  }

  /** Whether the line of now is the line then. */
  #stillThis(): () => boolean {
    const wire = this.#wire;
    return () => wire !== null && wire === this.#wire;
  }

  #welcomed(welcome: Welcome): void {
    this.#attempts.welcomed();
    this.#sending.welcomed(welcome.number);
    this.#pulse.start();
    this.#become({ kind: 'open' });
    this.#pulse.ping();
  }

  /** One held already is passed over; a gap means that something was lost. */
  #isNext(event: Logged): boolean {
    const taken = this.#position.take(event);
    if (taken === 'gap') this.#lost();
    return taken === 'next';
  }

  /** What came is acknowledged along with it: one packet less on a thin line, and the server wakes up once. */
  #ping(sentMs: number): void {
    const number = this.#position.unacknowledged();
    if (number !== null) this.#sending.write({ type: 'ack', number });
    this.#sending.write({ type: 'ping', sent_ms: sentMs });
  }
}
