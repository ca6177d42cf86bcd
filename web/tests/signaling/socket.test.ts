// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FromServer } from '@/signaling/wire.gen';
import { EDITION, VERSION } from '@/signaling/wire.gen';
import { Far, logged, welcome } from './farEnd';

let far: Far;
beforeEach(() => {
  vi.useFakeTimers();
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

test('the first attempt has eight round trips of the line that the page was loaded by', () => {
  far.socket.close();
  far = new Far(700);
  vi.advanceTimersByTime(5_599);
  expect(far.wire.closed).toBe(false);
  vi.advanceTimersByTime(1);
  expect(far.wire.closed).toBe(true);
});

test('a long line may be silent for four round trips more', () => {
  far.socket.close();
  far = new Far(700);
  far.welcomes();
  vi.advanceTimersByTime(6_500);
  expect(far.socket.state).toEqual({ kind: 'open' });
  vi.advanceTimersByTime(1_500);
  expect(far.socket.state).not.toEqual({ kind: 'open' });
});

/** How long each of the next attempts hangs before it is given up, ms. */
function hangs(attempts: number): number[] {
  return Array.from({ length: attempts }, () => {
    const began = Date.now();
    while (far.socket.state.kind === 'connecting') vi.advanceTimersByTime(10);
    const took = Date.now() - began;
    while (far.socket.state.kind === 'waiting') vi.advanceTimersByTime(10);
    return took;
  });
}

const answers = (ms: number): void => far.wire.says({ type: 'pong', sent_ms: Date.now() - ms, now_ms: 0 });

test('P73 on a short line each attempt has 2 s, however many have failed', () => {
  far.welcomes();
  answers(20);
  far.wire.breaks();
  far.socket.nudge();
  expect(hangs(6)).toEqual([2_000, 2_000, 2_000, 2_000, 2_000, 2_000]);
});

test('P73 one answer that stood behind a cut makes no line long', () => {
  far.welcomes();
  answers(20);
  answers(3_500);
  answers(1_500);
  far.wire.breaks();
  far.socket.nudge();
  expect(hangs(3)).toEqual([2_000, 2_000, 2_000]);
});

test('P73 where nothing is known of the line, or it is long, an attempt after a failed one has twice the time, at most 6 s', () => {
  expect(hangs(4)).toEqual([2_000, 4_000, 6_000, 6_000]);
  far.socket.close();
  far = new Far(300);
  expect(hangs(3)).toEqual([2_400, 4_800, 6_000]);
});

test('P73 the loss of a line that stood is no failed attempt', () => {
  far.socket.close();
  far = new Far(300);
  far.welcomes();
  far.wire.breaks();
  far.socket.nudge();
  expect(hangs(2)).toEqual([2_400, 4_800]);
});

test('P73 a sign of life ends an attempt that has hung for a second, and begins another at once', () => {
  far.welcomes();
  answers(20);
  far.wire.breaks();
  far.socket.nudge();
  vi.advanceTimersByTime(900);
  far.socket.nudge();
  expect(far.wires).toHaveLength(2);
  vi.advanceTimersByTime(100);
  far.socket.nudge();
  expect(far.wires).toHaveLength(3);
  expect(far.wires[1]?.closed).toBe(true);
  expect(far.socket.state).toEqual({ kind: 'connecting' });
});

test('P73 an attempt that a sign of life has ended is one that failed', () => {
  far.socket.close();
  far = new Far(300);
  vi.advanceTimersByTime(1_200);
  far.socket.nudge();
  expect(far.wires).toHaveLength(2);
  expect(hangs(1)).toEqual([4_800]);
});

test('P73 what ends is counted from the step that hangs: an attempt that has just opened is left alone', () => {
  far.welcomes();
  answers(20);
  far.wire.breaks();
  far.socket.nudge();
  vi.advanceTimersByTime(1_500);
  far.wire.opens();
  far.socket.nudge();
  expect(far.wires).toHaveLength(2);
});

test('P73 the first media packet after silence is such a sign; those after it, and those that never ceased, are none', () => {
  far.welcomes();
  answers(20);
  far.wire.breaks();
  far.socket.nudge();
  vi.advanceTimersByTime(1_200);
  far.socket.alive();
  expect(far.wires).toHaveLength(3);
  for (let i = 0; i < 7; i += 1) {
    vi.advanceTimersByTime(250);
    far.socket.alive();
  }
  expect(far.wires).toHaveLength(3);
});

test('P73 on a long line an attempt is not ended before it could have been answered', () => {
  far.socket.close();
  far = new Far(600);
  vi.advanceTimersByTime(2_300);
  far.socket.nudge();
  expect(far.wires).toHaveLength(1);
  vi.advanceTimersByTime(100);
  far.socket.nudge();
  expect(far.wires).toHaveLength(2);
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

test('an ack of the last event goes along with a ping, once', () => {
  far.welcomes(3);
  far.wire.says(logged(1), logged(2), logged(3));
  for (let i = 0; i < 4; i += 1) {
    vi.advanceTimersByTime(1_000);
    far.wire.says({ type: 'pong', sent_ms: 0, now_ms: 0 });
  }
  const said = far.wire.sent.filter(({ type }) => type === 'ack' || type === 'ping');
  expect(said.map((each) => (each.type === 'ack' ? each.number : each.type))).toEqual(['ping', 3, 'ping', 'ping']);
});

test('what came after a stall is acknowledged at once', () => {
  far.welcomes(3);
  for (let i = 0; i < 9; i += 1) {
    vi.advanceTimersByTime(500);
    far.socket.alive();
  }
  far.wire.sent.length = 0;
  far.wire.says(logged(1), logged(2), logged(3));
  vi.advanceTimersByTime(1);
  expect(far.wire.sent.filter(({ type }) => type === 'ack')).toEqual([{ type: 'ack', number: 3 }]);
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
