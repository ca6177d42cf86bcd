// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';
import { type PointerSink, PointerWork, SEND_EVERY_MS } from '@/board/pointer';
import { MAX_POINTS, type Pen } from '@/board/stroke';
import { type BoardTool, FIRST_TOOL } from '@/board/tool';
import { HAND_FIRST_MS, PALM_PX, PEN_RULES_MS } from '@/board/touch';

type Told = readonly [what: string, ...rest: unknown[]];

const PEN: Pen = { page: 1, colour: '#000000', width: 40 };
let told: Told[];
let tool: BoardTool;
let pen: Pen | null;
let count: number;
let work: PointerWork;

const sink: PointerSink = {
  pen: () => pen,
  tool: () => tool,
  newId: () => {
    count += 1;
    return `stroke-${count}`;
  },
  toBoard: (x, y) => ({ x, y }),
  drawn: (stroke, finished) => told.push(['drawn', stroke.id, stroke.points.length / 3, finished]),
  takenBack: (id) => told.push(['taken back', id]),
  sendInk: (ink) => told.push(['ink', ink.id, ink.start, ink.points.length / 3]),
  sendStroke: (stroke) => told.push(['stroke', stroke.id, stroke.points]),
  erase: (...line) => told.push(['erase', ...line]),
  eraseEnd: () => told.push(['erase end']),
  laser: (point) => told.push(['laser', point]),
};

beforeEach(() => {
  told = [];
  tool = FIRST_TOOL;
  pen = PEN;
  count = 0;
  work = new PointerWork(sink);
});

interface Given extends Partial<PointerEvent> {
  readonly at?: number;
}

function event(type: string, { at = 0, ...given }: Given): PointerEvent {
  const base = { type, pointerId: 1, pointerType: 'mouse', button: 0, buttons: 1, clientX: 0, clientY: 0 };
  return { ...base, width: 1, height: 1, pressure: 0.5, timeStamp: at, ...given } as PointerEvent;
}

const down = (given: Given): boolean => work.down(event('pointerdown', given));
const move = (given: Given): void => {
  const moved = event('pointermove', given);
  work.move(moved, [moved]);
};
const up = (given: Given): void => work.up(event('pointerup', given));
const cancel = (given: Given): void => work.up(event('pointercancel', given));
const strokes = (): unknown[] => told.filter(([what]) => what === 'stroke').map(([, id]) => id);

test('the first point is drawn in the same call', () => {
  down({ clientX: 100, clientY: 200 });
  expect(told).toEqual([['drawn', 'stroke-1', 1, false]]);
});

test('a stroke ends where the pointer was lifted', () => {
  down({ clientX: 0 });
  move({ clientX: 50, at: 5 });
  up({ clientX: 52, at: 10 });
  const [, , points] = told.find(([what]) => what === 'stroke') as [string, string, number[]];
  expect(points.filter((_, i) => i % 3 === 0)).toEqual([0, 50, 52]);
});

test('every coalesced point is kept', () => {
  down({});
  const samples = [10, 20, 30, 40].map((clientX) => event('pointermove', { clientX, at: 8 }));
  work.move(event('pointermove', { clientX: 40, at: 8 }), samples);
  expect(told.at(-2)).toEqual(['drawn', 'stroke-1', 5, false]);
});

test('a cancelled pointer finishes its stroke', () => {
  down({});
  move({ clientX: 50, at: 5 });
  cancel({ clientX: 0, at: 10 });
  const [, , points] = told.find(([what]) => what === 'stroke') as [string, string, number[]];
  expect(points.filter((_, i) => i % 3 === 0)).toEqual([0, 50]);
});

test('ink goes out while drawing, each point once, at most every 33 ms', () => {
  down({});
  for (let i = 1; i <= 20; i += 1) move({ clientX: i * 10, at: i * 10 });
  const ink = told.filter(([what]) => what === 'ink') as [string, string, number, number][];
  expect(ink.length).toBeLessThanOrEqual(200 / SEND_EVERY_MS + 1);
  let next = 0;
  for (const [, , start, points] of ink) {
    expect(start).toBe(next);
    next += points;
  }
});

test('a second finger draws its own stroke and does not tear the first', () => {
  down({ pointerType: 'touch', pointerId: 1 });
  down({ pointerType: 'touch', pointerId: 2, clientX: 500 });
  move({ pointerType: 'touch', pointerId: 1, clientX: 30, at: 10 });
  up({ pointerType: 'touch', pointerId: 2, clientX: 500, at: 20 });
  move({ pointerType: 'touch', pointerId: 1, clientX: 60, at: 30 });
  up({ pointerType: 'touch', pointerId: 1, clientX: 60, at: 40 });
  expect(strokes()).toEqual(['stroke-2', 'stroke-1']);
});

test('a touch while a pen is down is a resting hand', () => {
  down({ pointerType: 'pen', pointerId: 1 });
  expect(down({ pointerType: 'touch', pointerId: 2, at: 5_000 })).toBe(false);
  up({ pointerType: 'pen', pointerId: 1, at: 5_010 });
  expect(down({ pointerType: 'touch', pointerId: 3, at: 5_020 })).toBe(false);
  expect(down({ pointerType: 'touch', pointerId: 4, at: 5_020 + PEN_RULES_MS })).toBe(true);
});

test('a hovering pen rules as well', () => {
  move({ pointerType: 'pen', pointerId: 9, at: 100 });
  expect(down({ pointerType: 'touch', pointerId: 2, at: 200 })).toBe(false);
});

test('the heel of the hand that lands just before the pen is taken back', () => {
  down({ pointerType: 'touch', pointerId: 1 });
  move({ pointerType: 'touch', pointerId: 1, clientX: 20, at: 20 });
  down({ pointerType: 'pen', pointerId: 2, at: HAND_FIRST_MS - 1 });
  expect(told).toContainEqual(['taken back', 'stroke-1']);
  up({ pointerType: 'touch', pointerId: 1, at: 900 });
  up({ pointerType: 'pen', pointerId: 2, clientX: 9, at: 950 });
  expect(strokes()).toEqual(['stroke-2']);
});

test('a stroke drawn by finger for a while is kept when a pen lands', () => {
  down({ pointerType: 'touch', pointerId: 1 });
  down({ pointerType: 'pen', pointerId: 2, at: HAND_FIRST_MS });
  up({ pointerType: 'touch', pointerId: 1, clientX: 20, at: HAND_FIRST_MS + 10 });
  expect(strokes()).toEqual(['stroke-1']);
});

test('a contact as broad as a palm does not draw, nor one that grows into a palm', () => {
  expect(down({ pointerType: 'touch', width: PALM_PX + 1 })).toBe(false);
  down({ pointerType: 'touch', pointerId: 2 });
  move({ pointerType: 'touch', pointerId: 2, height: PALM_PX + 1, clientX: 5, at: 50 });
  expect(told.at(-1)).toEqual(['taken back', 'stroke-1']);
});

test('only the main button of a mouse draws', () => {
  expect(down({ button: 2, buttons: 2 })).toBe(false);
});

test('nothing is drawn without the right to draw', () => {
  pen = null;
  expect(down({})).toBe(false);
  expect(told).toEqual([]);
});

test('losing the right finishes the stroke that is under way', () => {
  down({});
  move({ clientX: 40, at: 5 });
  work.finishAll();
  move({ clientX: 80, at: 10 });
  expect(strokes()).toEqual(['stroke-1']);
});

test("the eraser follows its pointer, and a pen's eraser end erases whatever the tool", () => {
  tool = { ...FIRST_TOOL, kind: 'eraser' };
  down({ clientX: 1, clientY: 2 });
  move({ clientX: 5, clientY: 6, at: 10 });
  up({ clientX: 7, clientY: 8, at: 20 });
  tool = FIRST_TOOL;
  down({ pointerType: 'pen', buttons: 32, clientX: 9, clientY: 9, at: 30 });
  expect(told).toEqual([
    ['erase', 1, 2, 1, 2],
    ['erase', 1, 2, 5, 6],
    ['erase', 5, 6, 7, 8],
    ['erase end'],
    ['erase', 9, 9, 9, 9],
  ]);
});

test('the laser is shown while the pointer is down and lifted with it', () => {
  tool = { ...FIRST_TOOL, kind: 'laser' };
  down({ clientX: 1, clientY: 1 });
  move({ clientX: 2, clientY: 2, at: SEND_EVERY_MS });
  up({ clientX: 3, clientY: 3, at: 50 });
  expect(told).toEqual([
    ['laser', { x: 1, y: 1 }],
    ['laser', { x: 2, y: 2 }],
    ['laser', null],
  ]);
});

test('a stroke too long for one message goes on as the next from the same point', () => {
  down({});
  for (let i = 1; i <= MAX_POINTS + 10; i += 1) move({ clientX: i * 6, at: i });
  up({ clientX: (MAX_POINTS + 10) * 6, at: 9_000 });
  const sent = told.filter(([what]) => what === 'stroke') as [string, string, number[]][];
  const [first, second] = sent.map(([, , points]) => points) as [number[], number[]];
  expect(sent).toHaveLength(2);
  expect(told.filter(([what, id]) => what === 'drawn' && id === 'stroke-1').at(-1)).toEqual([
    'drawn',
    'stroke-1',
    MAX_POINTS,
    true,
  ]);
  expect(second.slice(0, 2)).toEqual(first.slice(-3, -1));
});

test('a finished stroke has the points that its shape needs, in whatever way it was seen', () => {
  down({});
  for (let i = 1; i <= 100; i += 1) move({ clientX: i * 10, at: i });
  for (let i = 1; i <= 100; i += 1) move({ clientX: 1_000, clientY: i * 10, at: 100 + i });
  up({ clientX: 1_000, clientY: 1_000, at: 300 });
  const [, , points] = told.find(([what]) => what === 'stroke') as [string, string, number[]];
  expect([points.slice(0, 2), points.slice(-3, -1)]).toEqual([
    [0, 0],
    [1_000, 1_000],
  ]);
  expect(points.length / 3).toBeLessThan(40);
});

test('a pen gives its own pressure, a mouse a simulated one, both in 0..255', () => {
  down({ pointerType: 'pen', pressure: 0.25 });
  move({ pointerType: 'pen', pressure: 1, clientX: 50, at: 5 });
  up({ pointerType: 'pen', pressure: 0, clientX: 90, at: 9 });
  down({ pointerId: 2, at: 2_000 });
  move({ pointerId: 2, clientX: 300, at: 2_005 });
  up({ pointerId: 2, clientX: 300, at: 2_010 });
  const pressures = (told.filter(([what]) => what === 'stroke') as [string, string, number[]][]).map(([, , points]) =>
    points.filter((_, i) => i % 3 === 2),
  );
  expect(pressures[0]).toEqual([64, 255, 255]);
  expect(pressures[1]?.[1]).toBeLessThan(pressures[1]?.[0] ?? 0);
});
