// @vitest-environment node
import { expect, test } from 'vitest';
import { ConnectionLine } from '@/rtc/connectionLine';
import type { PeerParts } from '@/rtc/mediaOptions';
import type { Reading } from '@/rtc/stats';

test('on a line that loses, sound may wait at once and pictures follow a step each half second', () => {
  const told: (number | null)[][] = [];
  const peer = { setPatience: (...both: (number | null)[]) => told.push(both) } as unknown as PeerParts;
  const line = new ConnectionLine(peer, 0);
  const reading = { rttMs: 180, fractionLostUp: 0, pictures: new Map() } as unknown as Reading;
  for (let n = 0; n < 12; n += 1)
    for (const atMs of [n * 500, n * 500 + 120]) line.wait({ ...reading, atMs, received: 100 * n, lost: 5 * n });
  expect(told.slice(0, 8)).toEqual([
    [null, null],
    [null, null],
    [500, 200],
    [500, 300],
    [500, 400],
    [500, 500],
    [500, 500],
    [500, 500],
  ]);
  expect(told).toHaveLength(11);
});

test('a voice that loses on its way is repeated, and told to be so once', () => {
  const told: string[] = [];
  const peer = { setLoss: async (loss: string) => void told.push(loss) } as unknown as PeerParts;
  const line = new ConnectionLine(peer, 0);
  for (let second = 0; second < 20; second += 1)
    line.repeat({ voice: { sent: 50 * second, lost: 2 * second } } as Reading);
  expect(told).toEqual(['some']);
});

test('what a queue lost before the line had only a voice to carry is forgotten; what is lost after it has drained counts', () => {
  const told: string[] = [];
  const peer = {
    setLoss: async (loss: string) => void told.push(loss),
    setThrift: async () => undefined,
  } as unknown as PeerParts;
  const line = new ConnectionLine(peer, 0);
  let [sent, lost] = [0, 0];
  const speak = (packets: number, permille: number): void => {
    for (let window = 0; window < 5; window += 1) {
      sent += packets;
      lost += (packets * permille) / 1_000;
      line.repeat({ voice: { sent, lost } } as Reading);
    }
  };
  speak(100, 400);
  line.thrift('voice');
  speak(16, 300); // 75 packets and no more: what was under way
  speak(50, 0);
  expect(told).toEqual(['heavy', 'none']);
  speak(50, 150);
  expect(told.at(-1)).toBe('heavy');
});
