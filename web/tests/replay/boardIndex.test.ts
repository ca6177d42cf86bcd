import { describe, expect, it } from 'vitest';
import { Board, isVisible } from '@/board/state';
import { BoardIndex } from '@/replay/boardIndex';
import type { AnyEvent, Logged } from '@/signaling/wire.gen';

/** Park and Miller's generator: the same lesson at every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A lesson of `count` acts by three hands: strokes, erasing, clearing, undo, redo, pages. */
function lesson(seed: number, count: number): Logged[] {
  const next = random(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item;
  const board = new Board();
  const log: Logged[] = [];
  let at = 1000;
  const add = (by: string, event: AnyEvent): void => {
    at += Math.floor(next() * 400);
    const logged: Logged = { type: 'event', number: log.length + 1, at, by, event };
    log.push(logged);
    board.apply(logged);
  };
  const pages = [1];
  while (log.length < count) {
    const [by, id, page, roll] = [
      pick(['staff-1', 'room-1', 'room-2']),
      `op-${log.length + 10_000}`,
      pick(pages),
      next(),
    ];
    const [undo, redo] = [board.toUndo(by), board.toRedo(by)];
    const held = board.picture.pages.find((each) => each.id === page)?.objects ?? [];
    if (roll < 0.12 && undo) add(by, { type: 'undone', id, target: undo });
    else if (roll < 0.2 && redo) add(by, { type: 'redone', id, target: redo });
    else if (roll < 0.25 && held.length > 0) {
      add(by, { type: 'erased', id, page, objects: [pick(held).id, pick(held).id] });
    } else if (roll < 0.265) add(by, { type: 'page_cleared', id, page });
    else if (roll < 0.285) {
      pages.push(pages.length + 1);
      add(by, { type: 'page_added', id, page: pages.length, after: page });
    } else if (roll < 0.32) add(by, { type: 'page_turned', page });
    else if (roll < 0.4) add(by, { type: 'hand_changed', participant: by, up: true });
    else {
      const points = [Math.floor(next() * 10_000), Math.floor(next() * 5000), 128, 500, 500, 128];
      add(by, { type: 'stroke_drawn', id, page, colour: '#1a1a1a', width: 44, points });
    }
  }
  return log;
}

/** What is seen at `atMs`, straight from the beginning of the log. */
function folded(log: readonly Logged[], atMs: number): unknown {
  const board = new Board();
  for (const logged of log) if (logged.at <= atMs) board.apply(logged);
  const { current, pages } = board.picture;
  const page = pages.find(({ id }) => id === current);
  return { current, pages: pages.map(({ id }) => id), seen: page?.objects.filter(isVisible).map(({ id }) => id) };
}

/** The same from the index; `count` as a canvas would use it that has already drawn later strokes. */
function indexed(index: BoardIndex, atMs: number, everything: boolean): unknown {
  const revision = index.revisionAt(atMs);
  const { current, pages } = index.pagesAt(revision);
  const objects = index.objects(current);
  const count = everything ? objects.length : index.countAt(revision, current);
  const hidden = index.hiddenAt(revision, current, count);
  const seen = objects.slice(0, count).map(({ id }) => id);
  return { current, pages: [...pages], seen: seen.filter((id) => !hidden.has(id)) };
}

describe('the board at a time', () => {
  it.each([1, 2, 3, 4, 5, 6])('is what a plain fold gives, at 60 random times of lesson %d', (seed) => {
    const log = lesson(seed, 400);
    const index = new BoardIndex(log);
    const next = random(seed + 100);
    const end = log.at(-1)?.at ?? 0;
    for (const at of [0, end, end + 5000, ...Array.from({ length: 60 }, () => Math.floor(next() * end))]) {
      expect(indexed(index, at, false)).toEqual(folded(log, at));
      expect(indexed(index, at, true)).toEqual(folded(log, at));
    }
  });

  it('counts a change from the very millisecond it was logged', () => {
    const stroke: AnyEvent = {
      type: 'stroke_drawn',
      id: 'op-10001',
      page: 1,
      colour: '#1a1a1a',
      width: 44,
      points: [1, 2, 3],
    };
    const index = new BoardIndex([{ type: 'event', number: 1, at: 500, by: 'a', event: stroke }]);
    expect([index.revisionAt(499), index.revisionAt(500), index.last]).toEqual([0, 1, 1]);
    expect(index.countAt(index.revisionAt(499), 1)).toBe(0);
  });

  it('is one empty page before anything was drawn', () => {
    const index = new BoardIndex([]);
    expect([index.pagesAt(0).current, index.objects(1), index.last]).toEqual([1, [], 0]);
  });

  it('goes on from a board as it stood: what was hidden before can come back', () => {
    const stroke = (id: string): AnyEvent => ({
      type: 'stroke_drawn',
      id,
      page: 1,
      colour: '#1a1a1a',
      width: 44,
      points: [1, 2, 3],
    });
    const events: AnyEvent[] = [
      stroke('stroke-a'),
      stroke('stroke-b'),
      { type: 'erased', id: 'erased-1', page: 1, objects: ['stroke-a'] },
      stroke('stroke-c'),
      { type: 'undone', id: 'undone-1', target: 'stroke-c' },
      { type: 'undone', id: 'undone-2', target: 'erased-1' },
    ];
    const log = events.map((event, at): Logged => ({ type: 'event', number: at + 1, at: 1000 * at, by: 'a', event }));
    const before = new Board();
    for (const logged of log.slice(0, 3)) before.apply(logged);
    const { current, pages, operations } = before.picture;
    const state = {
      current,
      pages: pages.map(({ id, objects }) => ({ id, objects: [...objects], pictures: [] })),
      operations: { ...operations },
      undone_hides: {},
    };
    const index = new BoardIndex(log.slice(3), state);
    for (const at of [2000, 3000, 4000, 5000]) expect(indexed(index, at, true)).toEqual(folded(log, at));
  });
});
