// @vitest-environment node
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { drawn, Far, logged, stroke } from './farEnd';

/** As quick as it is in a browser, and no threads. */
vi.mock('@/signaling/packing', async (original) => ({
  ...(await original<typeof import('@/signaling/packing')>()),
  deflated: async (text: string) => new Uint8Array(deflateRawSync(text)).buffer,
}));

let far: Far;
beforeEach(() => {
  vi.useFakeTimers();
  far = new Far(0, true);
});
afterEach(() => {
  far.socket.close();
  vi.useRealTimers();
});

const LOSSY = { type: 'link', rtt_ms: 200, loss_permille: 100, down_kbps: 0, up_kbps: 0, freeze_ms: 0 } as const;

/** Media are lost, and the server, too, finds that the line is weak. */
const lossy = (): void => {
  far.socket.send(LOSSY);
  far.socket.beside('');
};
/** What went beside the line so far: the number it says, and each act with its place. */
const said = (): string[][] =>
  far.said.map((data) =>
    inflateRawSync(data as ArrayBuffer)
      .toString()
      .split('\n'),
  );
const pass = async (ms: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(ms);
};
const mark = (): string => {
  const hello = far.wire.sent.find(({ type }) => type === 'hello');
  return String(hello?.type === 'hello' && hello.beside);
};

test('on a line that loses, an act goes beside it too, with its place, until its event comes', async () => {
  far.welcomes();
  far.socket.send({ type: 'hand', up: true });
  lossy();
  await pass(0);
  far.socket.send(stroke('operation-1'));
  await pass(1);
  const hand = '1 {"type":"hand","up":true}';
  const drew = `2 ${JSON.stringify(stroke('operation-1'))}`;
  expect(said()).toEqual([
    [mark(), hand],
    [mark(), drew],
  ]);
  await pass(125);
  expect(said().at(-1)).toEqual([mark(), hand, drew]);
  const before = said().length;
  far.socket.beside(JSON.stringify(logged(1, drawn('operation-1'))));
  await pass(10_000);
  expect(said()).toHaveLength(before);
});

test('what is answered by a pong alone ends with the pong to a ping after it', async () => {
  far.welcomes();
  lossy();
  const early = Date.now();
  await pass(5);
  far.socket.send({ type: 'hand', up: true });
  await pass(200);
  const before = said().length;
  far.wire.says({ type: 'pong', sent_ms: early, now_ms: 0 });
  await pass(1_500);
  expect(said().length).toBeGreaterThan(before);
  far.socket.nudge();
  const after = said().length;
  far.wire.says({ type: 'pong', sent_ms: Date.now(), now_ms: 0 });
  await pass(3_000);
  expect(said()).toHaveLength(after);
});

test('on a good line, and of what is no act, nothing goes beside', async () => {
  far.welcomes();
  far.socket.send(stroke('operation-1'));
  await pass(5_000);
  lossy();
  far.socket.send({ type: 'sources', live: [] });
  far.socket.send({ type: 'level', value: 3 });
  await pass(100);
  expect(said()).toEqual([]);
});

test('another line counts anew under another number, and nothing of the old one follows', async () => {
  far.welcomes();
  lossy();
  far.socket.send(stroke('operation-1'));
  far.socket.send(stroke('operation-2'));
  await pass(1);
  far.socket.beside(JSON.stringify(logged(1, drawn('operation-1'))));
  far.random = 0.25;
  far.wire.breaks();
  await pass(300);
  const before = said().length;
  far.socket.nudge();
  far.welcomes(1);
  await pass(1);
  expect(said().slice(before)).toEqual([[mark(), `1 ${JSON.stringify(stroke('operation-2'))}`]]);
  expect(mark()).not.toBe(said()[0]?.[0]);
});
