// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FromClient, FromServer } from '@/signaling/wire.gen';
import { deflated, Far } from './farEnd';

let far: Far;
beforeEach(() => {
  vi.useFakeTimers();
  far = new Far();
});
afterEach(() => {
  far.socket.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
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
const part: FromServer = {
  type: 'board_part',
  number: 5,
  page: 1,
  ids: [],
  pens: [],
  hidden: [],
  points: '',
  complete: true,
};
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
  const away = new Far(600);
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
  far.brings(deflated(part));
  vi.useRealTimers();
  await vi.waitFor(() => expect(far.received.at(-1)).toEqual(part), { timeout: 10_000 });
  expect(acks()).toEqual([{ type: 'ack', number: 5, parts: 1 }]);
});

test('P27 a page that came once serves the line that follows a broken one', async () => {
  far = farAway();
  far.brings(deflated(part));
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
  far.brings(null);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(far.wires).toHaveLength(2);
  far.wire.opens();
  expect(far.wire.sent[0]).toMatchObject({ type: 'hello', after: 0, ahead: false });
});

test('P27 a page that the server does not begin with is passed over, and not asked for again', async () => {
  far = new Far(600);
  far.welcomes(5);
  far.wire.says({ ...inParts(5), parts: false } as FromServer);
  far.brings(deflated(part));
  await vi.advanceTimersByTimeAsync(100);
  expect(far.received.at(-1)?.type).toBe('snapshot');
  far.wire.breaks();
  vi.advanceTimersByTime(1_000);
  far.wire.opens();
  expect(far.wire.sent[0]).toMatchObject({ type: 'hello', after: 5, ahead: false });
});

test('P26 a browser that does not read raw deflate asks for no parts, and for nothing beside a long line', () => {
  vi.stubGlobal(
    'DecompressionStream',
    class {
      constructor(format: string) {
        if (format === 'deflate-raw') throw new TypeError(format); // as Chromium before 103
      }
    },
  );
  far = new Far(600);
  far.welcomes();
  expect(far.asked).toBe(0);
  expect(far.wire.sent[0]).toMatchObject({ type: 'hello', parts: false, ahead: false });
});
