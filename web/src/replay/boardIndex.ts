/**
 * The board at any time of the lesson, found at once. One fold over the log (board/state.ts) notes when each stroke came
 * and when it was hidden or shown again; a moment is then a search, not another fold. A revision is a number of events
 * that changed the board: 0 is the empty board.
 */
import { Board, type BoardPicture, isVisible, pictureOf } from '@/board/state';
import { lastBefore } from '@/replay/timeline';
import type { BoardObject, BoardState, Logged, OperationId, PageId, PagePicture } from '@/signaling/wire.gen';

interface Life {
  readonly object: BoardObject;
  readonly born: number;
  /** Revisions at which it was hidden, shown, hidden ... */
  readonly flips: number[];
}

interface Turn {
  readonly revision: number;
  readonly current: PageId;
  readonly pages: readonly PageId[];
}

/** From this revision on a page shows this picture. */
interface Pictured {
  readonly revision: number;
  readonly picture: PagePicture | null;
}

export class BoardIndex {
  readonly #times: number[] = [];
  readonly #turns: Turn[] = [];
  readonly #lives = new Map<PageId, Life[]>();
  readonly #pictures = new Map<PageId, Pictured[]>();
  readonly #objects = new Map<PageId, BoardObject[]>();

  /** Raises what the fold raises when the log contradicts itself. from: the board before the log's first event. */
  constructor(log: readonly Logged[], from?: BoardState) {
    const board = from ? Board.restore(from) : new Board();
    const latest = new Map<OperationId, BoardObject>();
    this.#turned(board.picture);
    if (from) this.#began(board.picture, latest);
    this.#pictured(board.picture);
    for (const logged of log) {
      if (!board.apply(logged)) continue;
      // Times never go back, so that a search finds them even if the clock of an older lesson did.
      this.#times.push(Math.max(logged.at, this.#times.at(-1) ?? logged.at));
      switch (logged.event.type) {
        case 'stroke_drawn':
          this.#born(board.picture, logged.event.page, latest);
          break;
        case 'page_added':
        case 'page_turned':
          this.#turned(board.picture);
          break;
        default:
          this.#flipped(board.picture, latest);
          this.#pictured(board.picture);
      }
    }
  }

  /** The last revision, of the finished board. */
  get last(): number {
    return this.#times.length;
  }

  /** How many changes had been made by lesson time `atMs`. */
  revisionAt(atMs: number): number {
    return lastBefore(this.#times, atMs, (time) => time) + 1;
  }

  /** The page on every screen, and all pages in their order. */
  pagesAt(revision: number): { current: PageId; pages: readonly PageId[] } {
    return this.#turns[lastBefore(this.#turns, revision, (turn) => turn.revision)] as Turn;
  }

  /** What `page` shows beneath its ink at `revision`. */
  pictureAt(revision: number, page: PageId): PagePicture | null {
    const pictured = this.#pictures.get(page) ?? [];
    return pictured[lastBefore(pictured, revision, (one) => one.revision)]?.picture ?? null;
  }

  /** Every stroke that `page` ever holds, in drawing order; the first `countAt` of them are drawn by a revision. */
  objects(page: PageId): readonly BoardObject[] {
    return this.#objects.get(page) ?? [];
  }

  countAt(revision: number, page: PageId): number {
    return lastBefore(this.#lives.get(page) ?? [], revision, (life) => life.born) + 1;
  }

  /** Which of the first `count` strokes of `page` are not to be seen at `revision`: hidden, or not yet drawn. */
  hiddenAt(revision: number, page: PageId, count: number): Set<OperationId> {
    const hidden = new Set<OperationId>();
    for (const life of (this.#lives.get(page) ?? []).slice(0, count)) {
      if (life.born > revision || this.#isHidden(life, revision)) hidden.add(life.object.id);
    }
    return hidden;
  }

  #isHidden(life: Life, revision: number): boolean {
    return life.flips.length > 0 && (lastBefore(life.flips, revision, (flip) => flip) + 1) % 2 === 1;
  }

  #turned(picture: BoardPicture): void {
    this.#turns.push({ revision: this.last, current: picture.current, pages: picture.pages.map(({ id }) => id) });
  }

  #pictured({ pages }: BoardPicture): void {
    for (const page of pages) {
      const [shown, pictured] = [pictureOf(page), this.#pictures.get(page.id) ?? []];
      if (shown?.id === (pictured.at(-1)?.picture?.id ?? undefined)) continue;
      this.#pictures.set(page.id, [...pictured, { revision: this.last, picture: shown }]);
    }
  }

  /** What is there already is revision 0; what is hidden by then was hidden at once. */
  #began(picture: BoardPicture, latest: Map<OperationId, BoardObject>): void {
    for (const { id: page, objects } of picture.pages) {
      for (const object of objects) latest.set(object.id, object);
      this.#objects.set(page, [...objects]);
      this.#lives.set(
        page,
        objects.map((object) => ({ object, born: 0, flips: isVisible(object) ? [] : [0] })),
      );
    }
  }

  #born(picture: BoardPicture, page: PageId, latest: Map<OperationId, BoardObject>): void {
    const object = picture.pages.find(({ id }) => id === page)?.objects.at(-1);
    if (!object) return;
    latest.set(object.id, object);
    const [lives, objects] = [this.#lives.get(page) ?? [], this.#objects.get(page) ?? []];
    lives.push({ object, born: this.last, flips: [] });
    objects.push(object);
    this.#lives.set(page, lives);
    this.#objects.set(page, objects);
  }

  /** Notes every stroke whose visibility the last event changed; the fold replaces an object it changes. */
  #flipped(picture: BoardPicture, latest: Map<OperationId, BoardObject>): void {
    for (const { id: page, objects } of picture.pages) {
      for (const [place, object] of objects.entries()) {
        const before = latest.get(object.id);
        if (before === object || before === undefined) continue;
        latest.set(object.id, object);
        if (isVisible(before) !== isVisible(object)) this.#lives.get(page)?.[place]?.flips.push(this.last);
      }
    }
  }
}
