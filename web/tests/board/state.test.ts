// @vitest-environment node
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { BoardInParts } from '@/board/parts';
import { Board, isVisible } from '@/board/state';
import type { BoardHistory, BoardPart, BoardState, Logged } from '@/signaling/wire.gen';

/** The vectors that the server's board is tested by too. */
interface Vector {
  readonly name: string;
  readonly events: Logged[];
  readonly hash: string;
  readonly visible: Record<string, string[]>;
  /** The snapshot after the first half of the events. */
  readonly halfway: BoardState;
  /** The board halfway, in parts. */
  readonly parts: readonly (BoardPart | BoardHistory)[];
}
const vectors: Vector[] = JSON.parse(readFileSync(resolve('../tests/vectors/board.json'), 'utf8'));

function visible(board: Board): Record<string, string[]> {
  return Object.fromEntries(
    board.picture.pages.map(({ id, objects }) => [String(id), objects.filter(isVisible).map((each) => each.id)]),
  );
}

function folded(board: Board, events: readonly Logged[]): Board {
  for (const event of events) board.apply(event);
  return board;
}

test.each(vectors)("the fold of all events hashes as the server's does: $name", ({ events, hash, visible: seen }) => {
  const board = folded(new Board(), events);
  expect(visible(board)).toEqual(seen);
  expect(board.hash()).toBe(hash);
});

test.each(vectors)(
  'a board restored halfway goes on like one that saw everything: $name',
  ({ events, hash, halfway }) => {
    const rest = events.slice(Math.floor(events.length / 2));
    expect(folded(Board.restore(halfway), rest).hash()).toBe(hash);
  },
);

test.each(vectors)(
  'a board that comes in parts, with events between them, goes on like one that saw everything: $name',
  ({ events, hash, halfway, parts }) => {
    const rest = events.slice(Math.floor(events.length / 2));
    const pages = halfway.pages.map((page) => ({ ...page, objects: [] }));
    const inParts = new BoardInParts({ ...halfway, pages, operations: {}, undone_hides: {} });
    const late = [...rest];
    let shown = inParts.board();
    for (const part of parts) {
      if (inParts.take(part)) shown = inParts.board();
      const next = late.shift();
      if (next) {
        inParts.note(next);
        shown.apply(next);
      }
    }
    expect(inParts.whole).toBe(true);
    expect(folded(shown, late).hash()).toBe(hash);
  },
);

test.each(vectors)('an event seen twice changes nothing: $name', ({ events, hash }) => {
  const twice = events.flatMap((event) => [event, event]);
  expect(folded(new Board(), twice).hash()).toBe(hash);
});

test('the hash is of what was drawn, not of what should have been', () => {
  const [first] = vectors.filter(({ events }) => events.length > 0);
  const board = folded(new Board(), first?.events ?? []);
  const page = board.picture.pages.find(({ id }) => id === board.picture.current);
  const drawn = page?.objects.filter(isVisible) ?? [];
  expect(board.hash(drawn)).toBe(board.hash());
  expect(board.hash(drawn.slice(1))).not.toBe(board.hash());
});

test('digests made ahead, a few at a time, give the same hash', () => {
  const { events, hash } = vectors.at(-1) as Vector;
  const board = folded(new Board(), structuredClone(events));
  expect(board.digestSome(1)).toBe(false);
  let turns = 0;
  while (!board.digestSome(10)) turns += 1;
  expect(turns).toBeGreaterThan(2);
  expect(board.hash()).toBe(hash);
});

test('undo and redo are offered for the own operations alone', () => {
  const board = new Board();
  const stroke = { id: 'stroke-one', page: 1, colour: '#000000', width: 40, points: [1, 1, 1] };
  board.apply({ type: 'event', number: 1, at: 1, by: 'me', event: { type: 'stroke_drawn', ...stroke } });
  expect([board.toUndo('me'), board.toRedo('me'), board.toUndo('you')]).toEqual(['stroke-one', null, null]);
  board.apply({
    type: 'event',
    number: 2,
    at: 2,
    by: 'me',
    event: { type: 'undone', id: 'undo-one', target: 'stroke-one' },
  });
  expect([board.toUndo('me'), board.toRedo('me')]).toEqual([null, 'stroke-one']);
});
