// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Socket, type Wire } from '@/signaling/socket';
import type { FromClient, FromServer } from '@/signaling/wire.gen';
import { VERSION } from '@/signaling/wire.gen';

const event = (number: number) =>
  ({ type: 'event', number, at: number, by: 'room-1', event: { type: 'started' } }) as const satisfies FromServer;
const drawn = (number: number, id: string): FromServer => ({
  ...event(number),
  event: { type: 'stroke_drawn', id, page: 1, colour: '#000000', width: 40, points: [1, 1, 1] },
});

/** A page whose socket is open and holds events up to `held`. */
class Page {
  readonly sent: FromClient[] = [];
  readonly numbers: number[] = [];
  readonly #wire: Wire = {
    bufferedAmount: 0,
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (data) => this.sent.push(JSON.parse(String(data))),
    close: () => undefined,
  };
  readonly socket = new Socket({
    lesson: 'lesson-1',
    screen: 'a',
    open: () => this.#wire,
    received: (message) => {
      if (message.type === 'event') this.numbers.push(message.number);
    },
    changed: () => undefined,
    now: () => Date.now(),
    random: () => 0,
  });

  says(message: FromServer): void {
    this.#wire.onmessage?.call({} as WebSocket, new MessageEvent('message', { data: JSON.stringify(message) }));
  }
  beside(...messages: FromServer[]): void {
    for (const message of messages) this.socket.beside(JSON.stringify(message));
  }
  opens(number = 0): void {
    this.#wire.onopen?.call({} as WebSocket, new Event('open'));
    this.says({
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
  }
}

let page: Page;
beforeEach(() => {
  vi.useFakeTimers();
  page = new Page();
});
afterEach(() => {
  page.socket.close();
  vi.useRealTimers();
});

test('an event is taken once, whichever way brings it first', () => {
  page.opens();
  page.beside(event(1), event(1));
  page.says(event(1));
  page.says(event(2));
  page.beside(event(2));
  expect(page.numbers).toEqual([1, 2]);
  expect(page.socket.state.kind).toBe('open');
});

test('what came early waits for its turn, also for what the other way brings', () => {
  page.opens();
  page.beside(event(4), event(2));
  expect(page.numbers).toEqual([]);
  page.says(event(1));
  expect(page.numbers).toEqual([1, 2]);
  page.beside(event(3));
  expect(page.numbers).toEqual([1, 2, 3, 4]);
});

test('before the welcome, and of anything but events, nothing is taken beside the line', () => {
  page.beside(event(1));
  page.opens();
  expect(page.numbers).toEqual([]);
  page.beside({ type: 'goodbye', code: 'ended', retry: false });
  page.socket.beside('not a message');
  expect(page.socket.state.kind).toBe('open');
});

test('what is far ahead is not kept: the line brings it', () => {
  page.opens();
  page.beside(event(100));
  for (let number = 1; number < 100; number += 1) page.says(event(number));
  expect(page.numbers).not.toContain(100);
});

test('an operation that is answered beside the line is not sent again', () => {
  page.opens();
  page.socket.send({ type: 'undo', id: 'operation-1' });
  page.beside(drawn(1, 'operation-1'));
  page.opens(1);
  expect(page.sent.filter(({ type }) => type === 'undo')).toHaveLength(1);
});

test('when all that was missed came beside the line, unanswered operations follow at once', () => {
  page.socket.send({ type: 'undo', id: 'operation-1' });
  page.opens(2);
  expect(page.sent.map(({ type }) => type)).not.toContain('undo');
  page.beside(event(1), event(2));
  expect(page.sent.map(({ type }) => type)).toContain('undo');
});
