import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ReportLine } from '@/pages/classroom/reportLine';

/** The browser's socket, as much of it as a line uses; the test is the server. */
class Socket {
  readonly OPEN = 1;
  readyState = 0;
  readonly sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  send(report: string): void {
    this.sent.push(report);
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}

let sockets: Socket[];
let line: ReportLine;
let roundTripMs = 0;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  roundTripMs = 0;
  line = new ReportLine({
    open: () => {
      sockets.push(new Socket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    roundTripMs: () => roundTripMs,
  });
});

afterEach(() => {
  line.close();
  vi.useRealTimers();
});

function opened(): Socket {
  line.open();
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error('nothing was opened');
  socket.opens();
  return socket;
}

test('over a long line reports stay requests: another socket would stand in the way of the lesson', () => {
  roundTripMs = 600;
  line.open();
  expect(sockets).toEqual([]);
});

test('before the line is open a report goes another way', async () => {
  expect(await line.ask('a')).toBeNull();
  line.open();
  expect(await line.ask('b')).toBeNull();
  expect(sockets.map(({ sent }) => sent)).toEqual([[]]);
});

test('answers belong to reports in their order', async () => {
  const socket = opened();
  const answers = Promise.all([line.ask('a'), line.ask('b')]);
  socket.onmessage?.({ data: 'to a' });
  socket.onmessage?.({ data: 'to b' });
  expect(await answers).toEqual(['to a', 'to b']);
  expect(socket.sent).toEqual(['a', 'b']);
});

test('a line that the server ends tells whoever waits, and is opened again when asked', async () => {
  const socket = opened();
  const answer = line.ask('a');
  socket.close();
  expect(await answer).toBeNull();
  line.open();
  expect(sockets).toHaveLength(2);
});

test('a line that says nothing for eight seconds is given up', async () => {
  const socket = opened();
  const answer = line.ask('a');
  await vi.advanceTimersByTimeAsync(8_000);
  expect(await answer).toBeNull();
  expect(socket.readyState).toBe(3);
});

test('where sockets do not get through, one is tried again only after five minutes', () => {
  line.open();
  sockets[0]?.close();
  line.open();
  expect(sockets).toHaveLength(1);
  vi.advanceTimersByTime(300_000);
  line.open();
  expect(sockets).toHaveLength(2);
});
