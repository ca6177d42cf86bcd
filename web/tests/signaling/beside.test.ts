// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FromServer } from '@/signaling/wire.gen';
import { drawn, Far, logged } from './farEnd';

let far: Far;
beforeEach(() => {
  vi.useFakeTimers();
  far = new Far();
});
afterEach(() => {
  far.socket.close();
  vi.useRealTimers();
});

const beside = (...messages: FromServer[]): void => {
  for (const message of messages) far.socket.beside(JSON.stringify(message));
};
const numbers = (): number[] => far.received.flatMap((message) => (message.type === 'event' ? [message.number] : []));

test('an event is taken once, whichever way brings it first', () => {
  far.welcomes();
  beside(logged(1), logged(1));
  far.wire.says(logged(1));
  far.wire.says(logged(2));
  beside(logged(2));
  expect(numbers()).toEqual([1, 2]);
  expect(far.socket.state.kind).toBe('open');
});

test('what came early waits for its turn, also for what the other way brings', () => {
  far.welcomes();
  beside(logged(4), logged(2));
  expect(numbers()).toEqual([]);
  far.wire.says(logged(1));
  expect(numbers()).toEqual([1, 2]);
  beside(logged(3));
  expect(numbers()).toEqual([1, 2, 3, 4]);
});

test('before the welcome, and of anything but events, nothing is taken beside the line', () => {
  beside(logged(1));
  far.welcomes();
  expect(numbers()).toEqual([]);
  beside({ type: 'goodbye', code: 'ended', retry: false });
  far.socket.beside('not a message');
  expect(far.socket.state.kind).toBe('open');
});

test('what is far ahead is not kept: the line brings it', () => {
  far.welcomes();
  beside(logged(100));
  for (let number = 1; number < 100; number += 1) far.wire.says(logged(number));
  expect(numbers()).not.toContain(100);
});

test('an operation that is answered beside the line is not sent again', () => {
  far.welcomes();
  far.socket.send({ type: 'undo', id: 'operation-1' });
  beside(logged(1, drawn('operation-1')));
  far.welcomes(1);
  expect(far.wire.sent.filter(({ type }) => type === 'undo')).toHaveLength(1);
});

test('when all that was missed came beside the line, unanswered operations follow at once', () => {
  far.socket.send({ type: 'undo', id: 'operation-1' });
  far.welcomes(2);
  expect(far.wire.sent.map(({ type }) => type)).not.toContain('undo');
  beside(logged(1), logged(2));
  expect(far.wire.sent.map(({ type }) => type)).toContain('undo');
});
