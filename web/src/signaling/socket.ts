/**
 * The only WebSocket of a page: it joins, resumes, and reconnects for ever.
 *
 * After a cut it says which event it holds last and receives the rest; operations that nobody has answered are sent again.
 * A gap in the numbers, a frame that is not JSON or four silent seconds end the connection, never the lesson.
 */
import { waitMs } from '@/signaling/backoff';
import { Early } from '@/signaling/early';
import { isOperation, Outbox } from '@/signaling/outbox';
import { canInflate, inflated } from '@/signaling/packing';
import { LONG_LINE_MS, smoothed } from '@/signaling/roundTrip';
import type { FromClient, FromServer, Goodbye, Logged, Snapshot, Welcome } from '@/signaling/wire.gen';
import { EDITION, VERSION } from '@/signaling/wire.gen';

export type SocketState =
  | { kind: 'connecting' }
  | { kind: 'open' }
  | { kind: 'waiting' }
  | { kind: 'closed'; code: string };

/** What the socket needs of a WebSocket. */
export type Wire = Pick<WebSocket, 'send' | 'close' | 'bufferedAmount' | 'onopen' | 'onmessage' | 'onclose'>;

export interface SocketOptions {
  readonly lesson: string;
  readonly screen: 'a' | 'b';
  readonly open: () => Wire;
  readonly received: (message: FromServer) => void;
  readonly changed: (state: SocketState) => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  /** 0..1. */
  readonly random?: () => number;
  /** Of the line, as the page's own requests found it; 0 where unknown. ms. */
  readonly roundTripMs?: () => number;
  /** Asks for the page that is shown beside this line, while it is being made; null: it could not be had. Called once, for a long line. */
  readonly ahead?: () => Promise<ArrayBuffer | null>;
}

const ATTEMPT_MS = 2_000;
/** TCP, TLS and the upgrade, and room for two losses: a new attempt would begin with TCP again. */
const ATTEMPT_ROUND_TRIPS = 8;
/** Each attempt after a failure is given twice the time, up to this. */
const LONGEST_ATTEMPT_MS = 6_000;
const PING_EVERY_MS = 2_000;
const BEAT_MS = PING_EVERY_MS / 2;
const SILENT_MS = 4_000;
/** And so many round trips: TCP that lost something is silent for some of them. */
const SILENT_ROUND_TRIPS = 4;
/** While media packets arrive the line stands, and what was sent by TCP is on its way. */
const SILENT_BESIDE_MEDIA_MS = 12_000;
/** A timer this late says that the page was too busy to see what had come: its judgement waits for the next turn. */
const BUSY_MS = 500;
/** Once media that should arrive does not: the line answers a ping within this and three round trips, or it is gone. */
const DOUBTED_MS = 500;
const UNKNOWN_ROUND_TRIP_MS = 500;
/** Above this the line is full: ink, laser and levels would only arrive late. */
const EXPENDABLE_BYTES = 32_768;

const EXPENDABLE = new Set<FromClient['type']>(['ink', 'laser', 'level', 'link', 'board_check']);

export class Socket {
  readonly #options: SocketOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  /** Whether a board may come in parts. */
  readonly #parted = canInflate();
  readonly #outbox = new Outbox();
  #state: SocketState = { kind: 'connecting' };
  #wire: Wire | null = null;
  #goodbye: Goodbye | null = null;
  #attempt = 0;
  #number = 0;
  /** The snapshot whose board comes in parts: its number, and how many have come; null when all have. */
  #parts: { number: number; came: number } | null = null;
  /** The page that was asked for beside this line, until the whole board is there. */
  #ahead: Promise<ArrayBuffer | null> | null = null;
  /** Parts are inflated one after the other. */
  #inflating: Promise<void> = Promise.resolve();
  /** The event to reach before unanswered operations are sent again; null before the welcome. */
  #caughtUpAt: number | null = null;
  #resumed = false;
  readonly #early = new Early();
  #lastFrameMs = 0;
  #pingedMs = 0;
  #beatMs = 0;
  #mediaMs = -Infinity;
  #roundTripMs = 0;
  #doubtTimer: ReturnType<typeof setTimeout> | null = null;
  /** The last event that this line's other end knows to be here. */
  #acked = 0;
  #attemptTimer: ReturnType<typeof setTimeout> | null = null;
  #pulse: ReturnType<typeof setInterval> | null = null;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    this.#roundTripMs = options.roundTripMs?.() ?? 0;
    if (this.#parted && this.#roundTripMs >= LONG_LINE_MS) this.#ahead = options.ahead?.() ?? null;
    this.#connect();
  }

  get state(): SocketState {
    return this.#state;
  }

  /** Number of the last event this client holds. */
  get number(): number {
    return this.#number;
  }

  /**
   * Sends a message. Operations are kept until answered and sent again after a cut; the rest needs an open line.
   * False: it was not sent and will not be.
   */
  send(message: FromClient): boolean {
    if (isOperation(message)) {
      if (this.#state.kind === 'closed' || !this.#outbox.add(message)) return false;
      this.#flush();
      return true;
    }
    if (this.#state.kind !== 'open' || !this.#wire) return false;
    if (EXPENDABLE.has(message.type) && this.#wire.bufferedAmount > EXPENDABLE_BYTES) return false;
    return this.#write(message);
  }

  /** A sign of life from elsewhere (a packet, `online`, the page made visible): try now, or see whether the line stands. */
  nudge(): void {
    if (this.#state.kind === 'waiting') this.#connect();
    else if (this.#state.kind === 'open') this.#ping();
  }

  /** Media packets arrive: time to try again, and a reason to be patient. */
  alive(): void {
    this.#mediaMs = this.#now();
    if (this.#state.kind === 'waiting') this.#connect();
  }

  /** Media that should be arriving has fallen silent: an address may have changed, and then this line is dead as well. */
  doubt(): void {
    if (this.#state.kind !== 'open' || this.#doubtTimer) return;
    this.#ping();
    const askedMs = this.#now();
    const given = DOUBTED_MS + 3 * (this.#roundTripMs || UNKNOWN_ROUND_TRIP_MS);
    this.#doubtTimer = setTimeout(() => {
      this.#doubtTimer = null;
      const busy = this.#now() - askedMs > given + BUSY_MS;
      if (busy || this.#lastFrameMs > askedMs) return;
      this.#lost();
      this.nudge();
    }, given);
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
    this.#goodbye = null;
    const wire = this.#options.open();
    this.#wire = wire;
    this.#deadline();
    wire.onopen = () => this.#hello();
    wire.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#part(wire, data);
      else this.#frame(String(data));
    };
    wire.onclose = () => this.#lost();
  }

  #hello(): void {
    const { lesson, screen } = this.#options;
    const after = this.#parts ? 0 : this.#number; // whose board has gaps begins anew
    const ahead = after === 0 && this.#ahead !== null;
    this.#write({
      type: 'hello',
      version: VERSION,
      lesson,
      after,
      screen,
      edition: EDITION,
      parts: this.#parted,
      ahead,
    });
    this.#deadline();
  }

  /** Gives this step of the attempt its time, and as much again if the page itself was too busy to look. */
  #deadline(again = false): void {
    if (this.#attemptTimer) clearTimeout(this.#attemptTimer);
    const first = Math.max(ATTEMPT_MS, ATTEMPT_ROUND_TRIPS * this.#roundTripMs);
    const given = Math.min(LONGEST_ATTEMPT_MS, first * 2 ** this.#attempt);
    const due = this.#now() + given;
    this.#attemptTimer = setTimeout(() => {
      if (!again && this.#now() - due > BUSY_MS) this.#deadline(true);
      else this.#lost();
    }, given);
  }

  /** The line is gone, whoever noticed: forget it and come back, unless the server said not to. */
  #lost(): void {
    this.#drop();
    if (this.#goodbye && !this.#goodbye.retry) {
      this.#become({ kind: 'closed', code: this.#goodbye.code });
      return;
    }
    this.#become({ kind: 'waiting' });
    this.#attemptTimer = setTimeout(() => this.#connect(), waitMs(this.#attempt, this.#random()));
    this.#attempt += 1;
  }

  #drop(): void {
    for (const timer of [this.#attemptTimer, this.#doubtTimer]) if (timer) clearTimeout(timer);
    if (this.#pulse) clearInterval(this.#pulse);
    this.#attemptTimer = this.#doubtTimer = this.#pulse = null;
    this.#acked = 0;
    this.#caughtUpAt = null;
    this.#resumed = false;
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
    const message = parse(text);
    if (message?.type !== 'event' || this.#state.kind !== 'open') return;
    this.#early.keep(message, this.#number);
    this.#takeEarly();
    this.#resume();
  }

  /** What came early and is next now. */
  #takeEarly(): void {
    for (let event = this.#early.after(this.#number); event; event = this.#early.after(this.#number)) {
      this.#number = event.number;
      this.#took(event);
    }
  }

  #took(message: FromServer): void {
    this.#outbox.answered(message);
    this.#options.received(message);
  }

  #frame(text: string): void {
    const stalled = this.#state.kind === 'open' && this.#now() - this.#lastFrameMs > SILENT_MS;
    this.#lastFrameMs = this.#now();
    const message = parse(text);
    if (!message) {
      this.#lost();
      return;
    }
    if (message.type === 'welcome') this.#welcomed(message);
    if (message.type === 'goodbye') this.#goodbye = message;
    if (message.type === 'pong') this.#roundTripMs = smoothed(this.#roundTripMs, this.#now() - message.sent_ms);
    if (message.type === 'snapshot') this.#begin(message);
    if (message.type === 'event' && !this.#next(message)) return;
    this.#took(message);
    if (message.type === 'event') this.#takeEarly();
    if (message.type === 'goodbye') this.#lost();
    else this.#resume();
    if (stalled) this.#afterStall();
  }

  /** All that stood behind the stall comes now, and has waited for its acknowledgement long enough. */
  #afterStall(): void {
    setTimeout(() => {
      if (this.#state.kind === 'open') this.#ping();
    }, 0);
  }

  #begin({ state, parts, ahead }: Snapshot): void {
    this.#number = state.number;
    this.#parts = parts ? { number: state.number, came: 0 } : null;
    if (ahead) void this.#takeAhead(this.#wire);
    else this.#ahead = null;
  }

  /** The first part, as if it had come by this line. Without it the line begins anew, and brings all by itself. */
  async #takeAhead(wire: Wire | null): Promise<void> {
    const data = await this.#ahead;
    if (!wire || wire !== this.#wire) return;
    if (data) this.#part(wire, data);
    else {
      this.#ahead = null;
      this.#lost();
    }
  }

  /** A part of the snapshot's board. The server sends the next one when it hears of it. */
  #part(wire: Wire, data: ArrayBuffer): void {
    this.#lastFrameMs = this.#now();
    this.#inflating = this.#inflating.then(async () => {
      const message = parse(await inflated(data).catch(() => ''));
      if (wire !== this.#wire) return;
      if (message?.type !== 'board_part' && message?.type !== 'board_history') {
        this.#lost();
      } else if (this.#parts && message.number === this.#parts.number) {
        this.#parts.came += 1;
        this.#write({ type: 'ack', number: this.#number, parts: this.#parts.came });
        if (message.type === 'board_history') this.#parts = this.#ahead = null;
        this.#options.received(message);
      }
    });
  }

  #welcomed(welcome: Welcome): void {
    if (this.#attemptTimer) clearTimeout(this.#attemptTimer);
    this.#attemptTimer = null;
    this.#attempt = 0;
    this.#caughtUpAt = welcome.number;
    this.#pulse = setInterval(() => this.#beat(), BEAT_MS);
    this.#beatMs = this.#now();
    this.#become({ kind: 'open' });
    this.#ping();
  }

  /** True when `event` is the next one; one held already is passed over, a gap means something was lost. */
  #next(event: Logged): boolean {
    if (event.number <= this.#number) return false;
    if (event.number > this.#number + 1) {
      this.#lost();
      return false;
    }
    this.#number = event.number;
    return true;
  }

  /** Once all that happened before the welcome is here, what is still unanswered was never carried out: send it again. */
  #resume(): void {
    if (this.#resumed || this.#caughtUpAt === null || this.#number < this.#caughtUpAt) return;
    this.#resumed = true;
    this.#outbox.restart();
    this.#flush();
  }

  /** Sends what may be sent of the outbox; the heartbeat sends the rest. */
  #flush(): void {
    if (!this.#resumed) return;
    for (const operation of this.#outbox.take(this.#now())) this.#write(operation);
  }

  #write(message: FromClient): boolean {
    this.#wire?.send(JSON.stringify(message));
    return true;
  }

  /** What came is acknowledged along with it: one packet less on a thin line, and the server wakes up once. */
  #ping(): void {
    if (this.#number > this.#acked) {
      this.#acked = this.#number;
      this.#write({ type: 'ack', number: this.#number });
    }
    this.#pingedMs = this.#now();
    this.#write({ type: 'ping', sent_ms: Math.round(this.#pingedMs) });
  }

  #beat(): void {
    this.#flush();
    const now = this.#now();
    const busy = now - this.#beatMs > BEAT_MS + BUSY_MS;
    this.#beatMs = now;
    const alone = Math.min(SILENT_BESIDE_MEDIA_MS, SILENT_MS + SILENT_ROUND_TRIPS * this.#roundTripMs);
    const patience = now - this.#mediaMs < SILENT_MS ? SILENT_BESIDE_MEDIA_MS : alone;
    if (!busy && now - this.#lastFrameMs > patience) this.#lost();
    else if (now - this.#pingedMs >= PING_EVERY_MS) this.#ping();
  }
}

function parse(text: string): FromServer | null {
  try {
    return JSON.parse(text) as FromServer;
  } catch {
    return null; // not of this protocol: the caller ends the connection
  }
}
