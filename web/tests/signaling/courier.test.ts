import { expect, test } from 'vitest';
import { Courier, HEADER_BYTES, type Line, MOST_ACT_CHARACTERS, MOST_HELD, RATE } from '@/signaling/courier';

const LOSING: Line = { weak: true, loses: true, thin: false, roundTripMs: 200 };
const NARROW: Line = { weak: true, loses: false, thin: true, roundTripMs: 200 };

function on(line: Line): Courier {
  const courier = new Courier();
  courier.line(line);
  return courier;
}

/** When one act was sent, in the first ten seconds, on a line where each message costs nothing. */
function sentAt(line: Line): number[] {
  const courier = on(line);
  courier.note(1, '{}', 0);
  const times: number[] = [];
  for (let due = courier.dueMs(); due !== null && due < 10_000; due = courier.dueMs())
    if (courier.take(due) !== null) times.push(Math.round(due));
  return times;
}

test('on a line that loses an act leaves at once, soon again, and then ever more rarely until it is answered', () => {
  expect(sentAt(LOSING).slice(0, 6)).toEqual([0, 120, 240, 790, 1_615, 2_853]);
  expect(sentAt({ ...LOSING, thin: true }).slice(0, 4)).toEqual([0, 120, 670, 1_495]);
});

test('on a line that is narrow and loses nothing only what stays unanswered is sent', () => {
  expect(sentAt(NARROW).slice(0, 3)).toEqual([550, 1_100, 1_925]);
});

test('on a good line nothing is sent, and once it turns weak only what is recent', () => {
  const courier = new Courier();
  courier.note(1, '"old"', 0);
  courier.note(2, '"new"', 6_000);
  expect(courier.dueMs()).toBeNull();
  expect(courier.take(6_000)).toBeNull();
  courier.line(LOSING);
  expect(courier.take(6_100)).toBe('2 "new"');
});

test('an answer ends it, for all that stood before as well', () => {
  const courier = on(LOSING);
  for (const place of [1, 2, 3]) courier.note(place, '{}', 0);
  courier.answered(2);
  expect(courier.take(0)).toBe('3 {}');
  courier.answered(3);
  expect(courier.dueMs()).toBeNull();
});

test('what is due together goes together, in order and in one packet', () => {
  const courier = on(LOSING);
  courier.note(1, '{}', 0);
  courier.note(2, '{}', 50);
  expect(courier.take(50)).toBe('1 {}\n2 {}');
  const long = 'x'.repeat(1_500);
  courier.note(3, long, 60);
  courier.note(4, long, 60);
  expect(courier.take(60)).toBe(`3 ${long}`);
  expect(courier.take(60)).toBe(`4 ${long}`);
});

test.each([LOSING, NARROW])('never more than the stated rate, headers counted (thin: $thin)', (line) => {
  const courier = on(line);
  let bytes = 0;
  for (let now = 0; now < 30_000; now += 20) {
    if (now % 100 === 0) courier.note(1 + now / 100, 'x'.repeat(600), now);
    const text = courier.take(now);
    if (text === null) continue;
    courier.spent(text.length);
    bytes += text.length + HEADER_BYTES;
  }
  expect(bytes).toBeLessThan(30_000 * (line.thin ? RATE.thin : RATE.usual) + 6_000);
  expect(bytes).toBeGreaterThan(20_000 * (line.thin ? RATE.thin : RATE.usual));
});

test('what is held is bounded: the oldest make room, and what is too long is left to the WebSocket', () => {
  const courier = on(LOSING);
  for (let place = 1; place <= MOST_HELD + 5; place += 1) courier.note(place, '{}', 0);
  courier.note(MOST_HELD + 6, 'x'.repeat(MOST_ACT_CHARACTERS + 1), 0);
  const sent = courier.take(0)?.split('\n') ?? [];
  expect([sent.length, sent.at(0), sent.at(-1)]).toEqual([MOST_HELD - 1, '7 {}', `${MOST_HELD + 5} {}`]);
  courier.clear();
  expect(courier.dueMs()).toBeNull();
});
