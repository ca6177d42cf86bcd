import { deflateRawSync } from 'node:zlib';
import { Socket, type SocketState, type Wire } from '@/signaling/socket';
import type { AnyEvent, DrawStroke, FromClient, FromServer } from '@/signaling/wire.gen';
import { VERSION } from '@/signaling/wire.gen';

export const deflated = (message: FromServer): ArrayBuffer =>
  new Uint8Array(deflateRawSync(JSON.stringify(message))).buffer;

/** One end of a WebSocket in memory. */
export class MemoryWire implements Wire {
  readonly sent: FromClient[] = [];
  bufferedAmount = 0;
  closed = false;
  onopen: Wire['onopen'] = null;
  onmessage: Wire['onmessage'] = null;
  onclose: Wire['onclose'] = null;

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.onopen?.call({} as WebSocket, new Event('open'));
  }
  says(...messages: FromServer[]): void {
    for (const message of messages) this.saysText(JSON.stringify(message));
  }
  saysPacked(message: FromServer): void {
    this.onmessage?.call({} as WebSocket, new MessageEvent('message', { data: deflated(message) }));
  }
  saysText(data: string): void {
    this.onmessage?.call({} as WebSocket, new MessageEvent('message', { data }));
  }
  breaks(): void {
    this.onclose?.call({} as WebSocket, new Event('close') as CloseEvent);
  }
  types(): string[] {
    return this.sent.map(({ type }) => type);
  }
}

/** A socket and the far ends of its lines. roundTripMs: what the page's requests found; beside: whether there is another way. */
export class Far {
  /** The first page of the board comes beside the line, or could not be had. */
  brings: (data: ArrayBuffer | null) => void = () => undefined;
  readonly #ahead = new Promise<ArrayBuffer | null>((done) => {
    this.brings = done;
  });
  /** How often the page that is shown was asked for. */
  asked = 0;
  readonly wires: MemoryWire[] = [];
  readonly states: SocketState[] = [];
  readonly received: FromServer[] = [];
  readonly socket: Socket;

  /** What went the other way. */
  readonly said: (ArrayBuffer | string)[] = [];
  random = 0.5;

  constructor(roundTripMs = 0, beside = false) {
    this.socket = new Socket({
      lesson: 'lesson-1',
      screen: 'a',
      open: () => {
        const wire = new MemoryWire();
        this.wires.push(wire);
        return wire;
      },
      received: (message) => this.received.push(message),
      changed: (state) => this.states.push(state),
      now: () => Date.now(),
      random: () => this.random,
      ...(beside && { beside: (data: ArrayBuffer | string) => this.said.push(data) > 0 }),
      roundTripMs: () => roundTripMs,
      ahead: () => {
        this.asked += 1;
        return this.#ahead;
      },
    });
  }

  get wire(): MemoryWire {
    return this.wires.at(-1) as MemoryWire;
  }
  welcomes(number = 0): void {
    this.wire.opens();
    this.wire.says(welcome(number));
  }
}

export const welcome = (number: number): FromServer => ({
  type: 'welcome',
  version: VERSION,
  you: 'room-1',
  role: 'lead',
  lesson: { id: 'lesson-1', title: 't', subject: 's', mode: 'blended', planned_start: '', planned_end: '' },
  people: [],
  number,
  now_ms: 0,
  ice_servers: [],
});
export const logged = (number: number, event: AnyEvent = { type: 'started' }): FromServer => ({
  type: 'event',
  number,
  at: number,
  by: 'room-1',
  event,
});
export const stroke = (id: string): DrawStroke => ({
  type: 'draw_stroke',
  id,
  page: 1,
  colour: '#000000',
  width: 40,
  points: [1, 1, 1],
});
export const drawn = (id: string): AnyEvent => ({ ...stroke(id), type: 'stroke_drawn' });
