// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Ink } from '@/signaling/wire.gen';
import { drawn, Far, logged, stroke } from './farEnd';

let far: Far;
beforeEach(() => {
  vi.useFakeTimers();
  far = new Far();
});
afterEach(() => {
  far.socket.close();
  vi.useRealTimers();
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

test('expendable messages are dropped while the line is full, others are not', () => {
  far.welcomes();
  far.wire.bufferedAmount = 1_000_000;
  expect(far.socket.send({ type: 'level', value: 3 })).toBe(false);
  expect(far.socket.send({ type: 'hand', up: true })).toBe(true);
});

test('on a thin line what is not finished is not sent: speech goes first', () => {
  far.welcomes();
  const ink: Ink = { type: 'ink', id: 'a.1', page: 1, colour: 'black', width: 3, start: 0, points: [1, 2, 3] };
  far.socket.thrift(true);
  expect(far.socket.send(ink)).toBe(false);
  expect(far.socket.send({ type: 'laser', x: 1, y: 1 })).toBe(false);
  expect(far.socket.send({ type: 'level', value: 3 })).toBe(true);
  far.socket.thrift(false);
  expect(far.socket.send(ink)).toBe(true);
});

test('a message that is no operation is not kept for later', () => {
  far.wire.breaks();
  expect(far.socket.send({ type: 'start_lesson' })).toBe(false);
  far.socket.nudge();
  far.welcomes();
  expect(far.wire.types()).not.toContain('start_lesson');
});
