// @vitest-environment node
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Socket, type SocketState, type Wire } from '@/signaling/socket';
import type { AnyEvent, DrawStroke, FromClient, FromServer } from '@/signaling/wire.gen';
import { EDITION, VERSION } from '@/signaling/wire.gen';

const deflated = (message: FromServer): ArrayBuffer => new Uint8Array(deflateRawSync(JSON.stringify(message))).buffer;

/** One end of a WebSocket in memory. */
class MemoryWire implements Wire {
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

/** The round trip that the page's requests found. */
let foundMs = 0;
/** What comes beside the line, once it comes. */
let ahead: { promise: Promise<ArrayBuffer | null>; resolve: (data: ArrayBuffer | null) => void };

class Far {
  readonly wires: MemoryWire[] = [];
  readonly states: SocketState[] = [];
  readonly received: FromServer[] = [];
  readonly socket = new Socket({
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
    random: () => 0.5,
    roundTripMs: () => foundMs,
    ahead: () => ahead.promise,
  });

  get wire(): MemoryWire {
    return this.wires.at(-1) as MemoryWire;
  }
  welcomes(number = 0): void {
    this.wire.opens();
    this.wire.says(welcome(number));
  }
}

const welcome = (number: number): FromServer => ({
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
const logged = (number: number, event: AnyEvent = { type: 'started' }): FromServer => ({
  type: 'event',
  number,
  at: number,
  by: 'room-1',
  event,
});
const stroke = (id: string): DrawStroke => ({
  type: 'draw_stroke',
  id,
  page: 1,
  colour: '#000000',
  width: 40,
  points: [1, 1, 1],
});
const drawn = (id: string): AnyEvent => ({ ...stroke(id), type: 'stroke_drawn' });

let far: Far;
beforeEach(() => {
  vi.useFakeTimers();
  foundMs = 0;
  let resolve: typeof ahead.resolve = () => undefined;
  ahead = {
    promise: new Promise((done) => {
      resolve = done;
    }),
    resolve: (data) => resolve(data),
  };
  far = new Far();
});
afterEach(() => {
  far.socket.close();
  vi.useRealTimers();
});

test('the first frame is hello, and the line is open only once welcomed', () => {
  far.wire.opens();
  expect(far.wire.sent).toEqual([
    {
      type: 'hello',
      version: VERSION,
      lesson: 'lesson-1',
      after: 0,
      screen: 'a',
      edition: EDITION,
      parts: true,
      ahead: false,
    },
  ]);
  expect(far.socket.state).toEqual({ kind: 'connecting' });
  far.wire.says(welcome(0));
  expect(far.socket.state).toEqual({ kind: 'open' });
});

test('an attempt that is not welcomed within 2 s is given up and another follows', () => {
  far.wire.opens();
  vi.advanceTimersByTime(2_000);
  expect(far.wires[0]?.closed).toBe(true);
  expect(far.socket.state).toEqual({ kind: 'waiting' });
  vi.advanceTimersByTime(1_500);
  expect(far.wires).toHaveLength(2);
});

test('the first attempt has five round trips of the line that the page was loaded by', () => {
  far.socket.close();
  foundMs = 700;
  far = new Far();
  vi.advanceTimersByTime(3_499);
  expect(far.wire.closed).toBe(false);
  vi.advanceTimersByTime(1);
  expect(far.wire.closed).toBe(true);
});

test('a long line may be silent for four round trips more', () => {
  far.socket.close();
  foundMs = 700;
  far = new Far();
  far.welcomes();
  vi.advanceTimersByTime(6_500);
  expect(far.socket.state).toEqual({ kind: 'open' });
  vi.advanceTimersByTime(1_500);
  expect(far.socket.state).not.toEqual({ kind: 'open' });
});

test('each attempt after a failure has twice the time, at most 6 s: a long line takes three round trips', () => {
  for (const given of [2_000, 4_000, 6_000, 6_000]) {
    vi.advanceTimersByTime(given - 1);
    expect(far.socket.state).toEqual({ kind: 'connecting' });
    vi.advanceTimersByTime(1);
    expect(far.socket.state).toEqual({ kind: 'waiting' });
    far.socket.nudge();
  }
});

test('it reconnects for ever, never waiting longer than 1.5 s', () => {
  for (let i = 0; i < 200; i += 1) {
    far.wire.breaks();
    vi.advanceTimersByTime(1_500);
  }
  expect(far.wires).toHaveLength(201);
});

test('a sign of life ends the waiting at once', () => {
  far.wire.breaks();
  far.socket.nudge();
  expect(far.wires).toHaveLength(2);
});

test('a returning client says which event it holds last', () => {
  far.welcomes(2);
  far.wire.says(logged(1), logged(2));
  far.wire.breaks();
  far.socket.nudge();
  far.wire.opens();
  expect(far.wire.sent[0]).toMatchObject({ type: 'hello', after: 2 });
});

test('an event held already is passed over', () => {
  far.welcomes(1);
  far.wire.says(logged(1), logged(1));
  expect(far.received.filter(({ type }) => type === 'event')).toHaveLength(1);
});

test('a gap in the numbers ends the connection and the next one asks for what is missing', () => {
  far.welcomes(1);
  far.wire.says(logged(1), logged(3));
  expect(far.wires[0]?.closed).toBe(true);
  expect(far.socket.number).toBe(1);
  far.socket.nudge();
  far.wire.opens();
  expect(far.wire.sent[0]).toMatchObject({ after: 1 });
});

test('a snapshot sets the number from which events go on', () => {
  far.welcomes(7);
  far.wire.says({ type: 'snapshot', state: { number: 7 } } as FromServer, logged(8));
  expect(far.socket.number).toBe(8);
});

test('a frame that is not JSON ends the connection, not the lesson', () => {
  far.welcomes();
  far.wire.saysText('{');
  expect(far.socket.state).toEqual({ kind: 'waiting' });
});

test('four silent seconds mean the line is dead', () => {
  far.welcomes();
  vi.advanceTimersByTime(3_900);
  expect(far.socket.state).toEqual({ kind: 'open' });
  vi.advanceTimersByTime(1_200);
  expect(far.socket.state.kind).not.toBe('open');
});

test('beside media that arrives, silence is a slow line until twelve seconds', () => {
  far.welcomes();
  for (let second = 0; second < 11; second += 1) {
    far.socket.alive();
    vi.advanceTimersByTime(1_000);
  }
  expect(far.socket.state).toEqual({ kind: 'open' });
  vi.advanceTimersByTime(2_500);
  expect(far.socket.state.kind).not.toBe('open');
});

test('it pings every two seconds while answers come', () => {
  far.welcomes();
  for (let i = 0; i < 10; i += 1) {
    vi.advanceTimersByTime(1_000);
    far.wire.says({ type: 'pong', sent_ms: 0, now_ms: 0 });
  }
  expect(far.wire.types().filter((type) => type === 'ping')).toHaveLength(6);
});

test('acks come at most once a second and name the last event', () => {
  far.welcomes(3);
  far.wire.says(logged(1), logged(2), logged(3));
  vi.advanceTimersByTime(1_000);
  expect(far.wire.sent.filter(({ type }) => type === 'ack')).toEqual([{ type: 'ack', number: 3 }]);
});

test('an unanswered operation is sent again after a cut, an answered one is not', () => {
  far.welcomes();
  far.socket.send(stroke('operation-1'));
  far.socket.send(stroke('operation-2'));
  far.wire.says(logged(1, drawn('operation-1')));
  far.wire.breaks();
  far.socket.nudge();
  far.welcomes(1);
  expect(far.wire.sent.filter(({ type }) => type === 'draw_stroke')).toEqual([stroke('operation-2')]);
});

test('nothing is sent again before the missed events are here, for one of them may be the answer', () => {
  far.welcomes();
  far.socket.send(stroke('operation-1'));
  far.wire.breaks();
  far.socket.nudge();
  far.welcomes(1);
  expect(far.wire.types()).not.toContain('draw_stroke');
  far.wire.says(logged(1, drawn('operation-1')));
  expect(far.wire.types()).not.toContain('draw_stroke');
});

test('an operation drawn without a line is sent when the line is back', () => {
  far.wire.breaks();
  expect(far.socket.send(stroke('operation-1'))).toBe(true);
  far.socket.nudge();
  far.welcomes();
  expect(far.wire.sent).toContainEqual(stroke('operation-1'));
});

test('a refused operation is not sent again, one refused for haste is', () => {
  far.welcomes();
  far.socket.send(stroke('operation-1'));
  far.socket.send(stroke('operation-2'));
  const refused = { type: 'refused', of: 'draw_stroke', detail: '' } as const;
  far.wire.says(
    { ...refused, code: 'no_floor', id: 'operation-1' },
    { ...refused, code: 'too_fast', id: 'operation-2' },
  );
  vi.advanceTimersByTime(1_000);
  const ids = far.wire.sent.flatMap((message) => (message.type === 'draw_stroke' ? [message.id] : []));
  expect(ids).toEqual(['operation-1', 'operation-2', 'operation-2']);
});

test('a long queue goes out at the pace the server allows, in order', () => {
  far.wire.breaks();
  const ids = Array.from({ length: 300 }, (_, i) => `operation-${i}`);
  for (const id of ids) far.socket.send(stroke(id));
  far.socket.nudge();
  far.welcomes();
  const sent = () => far.wire.sent.flatMap((message) => (message.type === 'draw_stroke' ? [message.id] : []));
  expect(sent()).toHaveLength(100);
  for (let i = 0; i < 8; i += 1) {
    vi.advanceTimersByTime(1_000);
    far.wire.says({ type: 'pong', sent_ms: 0, now_ms: 0 });
  }
  expect(sent()).toEqual(ids);
});

test('a doubted line is given half a second and three round trips to answer; then another is opened at once', () => {
  far.welcomes();
  far.wire.says({ type: 'pong', sent_ms: Date.now() - 100, now_ms: 0 });
  far.socket.doubt();
  vi.advanceTimersByTime(799);
  expect(far.wires).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(far.wires).toHaveLength(2);
});

test('a doubted line that answers stays', () => {
  far.welcomes();
  far.socket.doubt();
  vi.advanceTimersByTime(400);
  far.wire.says({ type: 'pong', sent_ms: 0, now_ms: 0 });
  vi.advanceTimersByTime(1_500);
  expect(far.wires).toHaveLength(1);
});

test('expendable messages are dropped while the line is full, others are not', () => {
  far.welcomes();
  far.wire.bufferedAmount = 1_000_000;
  expect(far.socket.send({ type: 'level', value: 3 })).toBe(false);
  expect(far.socket.send({ type: 'hand', up: true })).toBe(true);
});

test('a message that is no operation is not kept for later', () => {
  far.wire.breaks();
  expect(far.socket.send({ type: 'start_lesson' })).toBe(false);
  far.socket.nudge();
  far.welcomes();
  expect(far.wire.types()).not.toContain('start_lesson');
});

test('goodbye without retry closes for good and says why', () => {
  far.welcomes();
  far.wire.says({ type: 'goodbye', code: 'replaced', retry: false });
  far.wire.breaks();
  expect(far.socket.state).toEqual({ kind: 'closed', code: 'replaced' });
  vi.advanceTimersByTime(60_000);
  expect(far.wires).toHaveLength(1);
});

test('goodbye with retry comes back', () => {
  far.welcomes();
  far.wire.says({ type: 'goodbye', code: 'draining', retry: true });
  far.wire.breaks();
  vi.advanceTimersByTime(1_500);
  expect(far.wires).toHaveLength(2);
});

test('closing twice is closing once, and nothing runs on', () => {
  far.welcomes();
  far.socket.close();
  far.socket.close();
  expect(far.states.filter(({ kind }) => kind === 'closed')).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

const inParts = (number: number, ahead = false): FromServer => ({
  type: 'snapshot',
  parts: true,
  ahead,
  state: {
    number,
    phase: 'live',
    mode: 'blended',
    talk: 'listen',
    floor: null,
    recording: false,
    recording_reason: '',
    started_at: 0,
    people: [],
    board: { pages: [{ id: 1, objects: [], pictures: [] }], current: 1, operations: {}, undone_hides: {} },
  },
});
const part: FromServer = { type: 'board_part', number: 5, page: 1, objects: [], complete: true };
const end: FromServer = { type: 'board_history', number: 5, operations: {}, undone_hides: {} };
const acks = (): FromClient[] => far.wire.sent.filter((message) => message.type === 'ack' && message.parts);

test('P26 each part of a board is receipted at once, in the order in which it came', async () => {
  far.welcomes(5);
  far.wire.says(inParts(5));
  far.wire.saysPacked(part);
  far.wire.saysPacked(end);
  vi.useRealTimers();
  await vi.waitFor(() => expect(far.received.at(-1)?.type).toBe('board_history'), { timeout: 10_000 });
  expect(far.received.slice(-2)).toEqual([part, end]);
  expect(acks()).toEqual([
    { type: 'ack', number: 5, parts: 1 },
    { type: 'ack', number: 5, parts: 2 },
  ]);
});

test('P26 a line that breaks before the whole board has come begins anew', async () => {
  far.welcomes(5);
  far.wire.says(inParts(5));
  far.wire.breaks();
  vi.advanceTimersByTime(1_000);
  far.wire.opens();
  expect(far.wire.sent[0]).toMatchObject({ type: 'hello', after: 0 });
});

test('P26 parts of an older snapshot are passed over', async () => {
  far.welcomes(6);
  far.wire.says(inParts(6));
  far.wire.saysPacked(part);
  far.wire.saysPacked({ ...end, number: 6 });
  vi.useRealTimers();
  await vi.waitFor(() => expect(far.received.at(-1)?.type).toBe('board_history'), { timeout: 10_000 });
  expect(acks()).toEqual([{ type: 'ack', number: 6, parts: 1 }]);
});

/** A socket over a long line, which has been told of a lesson whose first page comes beside it. */
function farAway(): Far {
  foundMs = 600;
  const away = new Far();
  away.welcomes(5);
  away.wire.says(inParts(5, true));
  return away;
}

test('P27 over a short line no page is asked for', () => {
  far.welcomes();
  expect(far.wire.sent[0]).toMatchObject({ type: 'hello', ahead: false });
});

test('P27 a page that came beside a long line is its first part', async () => {
  far = farAway();
  expect(far.wire.sent[0]).toMatchObject({ type: 'hello', after: 0, ahead: true });
  ahead.resolve(deflated(part));
  vi.useRealTimers();
  await vi.waitFor(() => expect(far.received.at(-1)).toEqual(part), { timeout: 10_000 });
  expect(acks()).toEqual([{ type: 'ack', number: 5, parts: 1 }]);
});

test('P27 a page that came once serves the line that follows a broken one', async () => {
  far = farAway();
  ahead.resolve(deflated(part));
  far.wire.breaks();
  vi.advanceTimersByTime(1_000);
  far.welcomes(5);
  expect(far.wire.sent[0]).toMatchObject({ type: 'hello', after: 0, ahead: true });
  far.wire.says(inParts(5, true));
  vi.useRealTimers();
  await vi.waitFor(() => expect(far.received.at(-1)).toEqual(part), { timeout: 10_000 });
});

test('P27 where the page could not be had the line begins anew and brings it', async () => {
  far = farAway();
  ahead.resolve(null);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(far.wires).toHaveLength(2);
  far.wire.opens();
  expect(far.wire.sent[0]).toMatchObject({ type: 'hello', after: 0, ahead: false });
});
