/**
 * The whiteboard: a fold over the events of the lesson log, the same as the server's (docs/protocol.md; one set of vectors
 * tests both).
 *
 *     const board = new Board();  board.apply(logged);  canvas.show(board.picture);
 *
 * Nothing is ever removed: an object is hidden by the operations that hide it (an undone stroke by itself) and visible when
 * none does. Undo and redo move an operation between its author's two stacks and take its effect away or bring it back.
 */
import { digest, isDigested, isVisible, Page, pictureOf } from '@/board/page';
import { sha256 } from '@/board/sha256';

import type {
  BoardObject,
  BoardState,
  Logged,
  OperationId,
  Operations,
  PageAdded,
  PageId,
  PagePicture,
  ParticipantId,
  PicturePut,
  StrokeDrawn,
} from '@/signaling/wire.gen';

export { isVisible, pictureOf };

/** What a canvas needs of a board. The arrays grow in place: hold the picture no longer than the call. */
export interface BoardPicture {
  readonly current: PageId;
  readonly pages: readonly PageNow[];
}

export interface PageNow {
  readonly id: PageId;
  readonly objects: readonly BoardObject[];
  readonly pictures: readonly PagePicture[];
}

/** The board with what everybody did: for the lesson's pages, which undo. */
export interface BoardNow extends BoardPicture {
  /** Each participant's operations that stand and that were undone, oldest first. */
  readonly operations: Readonly<Record<ParticipantId, Operations>>;
}

export class Board {
  #current: PageId = 1;
  #pages: Page[] = [new Page(1)];
  readonly #pageOf = new Map<OperationId, Page>();
  readonly #hides = new Map<OperationId, OperationId[]>();
  readonly #stacks = new Map<ParticipantId, Operations>();
  readonly #done = new Set<OperationId>();
  /** It holds a part of what was drawn: what it does not hold is undone and redone without effect, until all has come. */
  #gaps = false;

  get picture(): BoardNow {
    return { current: this.#current, pages: this.#pages, operations: Object.fromEntries(this.#stacks) };
  }

  toUndo(who: ParticipantId): OperationId | null {
    return this.#stacks.get(who)?.standing.at(-1) ?? null;
  }

  toRedo(who: ParticipantId): OperationId | null {
    return this.#stacks.get(who)?.undone.at(-1) ?? null;
  }

  /** An operation with this id has been applied. */
  done(operation: OperationId): boolean {
    return this.#done.has(operation);
  }

  /**
   * The hash that every screen showing this board reports. drawn: the objects that the canvas shows of the current page;
   * without it the hash tells what should be shown.
   */
  hash(drawn?: readonly BoardObject[]): string {
    const pages = this.#pages.map((page) => {
      const shown = drawn && page.id === this.#current ? drawn : page.objects.filter(isVisible);
      return [page.id, shown.map(digest), ...pictureDigest(page)];
    });
    return sha256(JSON.stringify([this.#current, pages]));
  }

  /** Works ahead for `hash`: digests up to `most` objects; true when none is left to do. */
  digestSome(most: number): boolean {
    let left = most;
    for (const { objects } of this.#pages) {
      for (const object of objects) {
        if (isDigested(object)) continue;
        if (left === 0) return false;
        digest(object);
        left -= 1;
      }
    }
    return true;
  }

  /** Applies one event; those that are not the board's, and operations already done, change nothing. True if it changed. */
  apply({ event, by }: Logged): boolean {
    switch (event.type) {
      case 'page_turned':
        return this.#turn(event.page);
      case 'stroke_drawn':
      case 'picture_put':
      case 'erased':
      case 'page_cleared':
      case 'undone':
      case 'redone':
      case 'page_added':
        if (this.#done.has(event.id)) return false;
        this.#done.add(event.id);
        break;
      default:
        return false;
    }
    switch (event.type) {
      case 'stroke_drawn':
        this.#draw(event, by);
        break;
      case 'picture_put':
        this.#put(event, by);
        break;
      case 'erased':
        this.#operate(event.id, by, this.#held(event.page, event.objects));
        break;
      case 'page_cleared':
        this.#operate(
          event.id,
          by,
          this.#page(event.page)
            .objects.filter(isVisible)
            .map(({ id }) => id),
        );
        break;
      case 'undone':
        this.#undo(event.target, by);
        break;
      case 'redone':
        this.#redo(event.target, by);
        break;
      case 'page_added':
        this.#add(event);
        break;
      default:
        return event satisfies never;
    }
    return true;
  }

  /** The board of a snapshot. gaps: objects of some pages, and who did what, are still to come. */
  static restore(state: BoardState, { gaps = false } = {}): Board {
    const board = new Board();
    board.#gaps = gaps;
    board.#current = state.current;
    board.#pages = state.pages.map(({ id }) => new Page(id));
    for (const [who, { standing, undone }] of Object.entries(state.operations)) {
      board.#stacks.set(who, { standing: [...standing], undone: [...undone] });
      for (const operation of [...standing, ...undone]) board.#done.add(operation);
    }
    const strokes = new Set(
      state.pages.flatMap(({ objects, pictures }) => [...objects, ...pictures].map(({ id }) => id)),
    );
    for (const operation of board.#done) if (!strokes.has(operation)) board.#hides.set(operation, []);
    for (const [operation, hidden] of Object.entries(state.undone_hides)) board.#hides.set(operation, [...hidden]);
    for (const [place, { objects, pictures }] of state.pages.entries()) {
      const page = board.#pages[place] as Page;
      for (const picture of pictures) board.#restoreOne(picture, page);
      for (const object of objects) board.#restoreOne(object, page);
      page.pictures.push(...pictures);
      for (const object of objects) page.put(object);
    }
    return board;
  }

  #restoreOne(object: BoardObject | PagePicture, page: Page): void {
    this.#done.add(object.id);
    this.#pageOf.set(object.id, page);
    for (const operation of object.hidden_by) {
      if (this.#gaps && operation !== object.id && !this.#hides.has(operation)) this.#hides.set(operation, []);
      this.#hides.get(operation)?.push(object.id);
    }
  }

  #page(id: PageId): Page {
    const page = this.#pages.find((each) => each.id === id);
    if (!page) throw new Error(`the log names a page that is not there: ${id}`);
    return page;
  }

  #turn(page: PageId): boolean {
    const turns = page !== this.#current && this.#pages.some(({ id }) => id === page);
    if (turns) this.#current = page;
    return turns;
  }

  #add(event: PageAdded): void {
    const after = this.#pages.indexOf(this.#page(event.after));
    this.#pages.splice(after + 1, 0, new Page(event.page));
    this.#current = event.page;
  }

  #held(page: PageId, objects: readonly OperationId[]): OperationId[] {
    const held = this.#page(page);
    return [...new Set(objects)].filter((id) => held.hiders(id));
  }

  #draw({ id, page, colour, width, points }: StrokeDrawn, by: ParticipantId): void {
    const held = this.#page(page);
    this.#pageOf.set(id, held);
    held.put({ id, by, colour, width, points, hidden_by: [] });
    this.#operate(id, by, null);
  }

  #put({ id, page, digest, width, height }: PicturePut, by: ParticipantId): void {
    const held = this.#page(page);
    this.#pageOf.set(id, held);
    held.pictures.push({ id, by, digest, width, height, hidden_by: [] });
    this.#operate(id, by, null);
  }

  /** hides: what an erase or clear hides; null for a stroke. */
  #operate(operation: OperationId, by: ParticipantId, hides: OperationId[] | null): void {
    const stacks = this.#stacks.get(by) ?? { standing: [], undone: [] };
    this.#stacks.set(by, stacks);
    for (const forgotten of stacks.undone.splice(0)) this.#hides.delete(forgotten);
    stacks.standing.push(operation);
    if (hides) {
      this.#hides.set(operation, hides);
      this.#hide(hides, operation);
    }
  }

  #undo(target: OperationId, by: ParticipantId): void {
    const stacks = this.#stacksOf(by);
    take(stacks.standing, target, this.#gaps);
    stacks.undone.push(target);
    const hidden = this.#hides.get(target);
    if (hidden) this.#unhide(hidden, target);
    else this.#hide([target], target);
  }

  #redo(target: OperationId, by: ParticipantId): void {
    const stacks = this.#stacksOf(by);
    take(stacks.undone, target, this.#gaps);
    stacks.standing.push(target);
    const hidden = this.#hides.get(target);
    if (hidden) this.#hide(hidden, target);
    else this.#unhide([target], target);
  }

  #stacksOf(who: ParticipantId): Operations {
    const stacks = this.#stacks.get(who) ?? (this.#gaps ? { standing: [], undone: [] } : undefined);
    if (!stacks) throw new Error(`the log undoes for ${who}, who has done nothing`);
    this.#stacks.set(who, stacks);
    return stacks;
  }

  #hide(objects: readonly OperationId[], operation: OperationId): void {
    this.#change(objects, (hiddenBy) => [...hiddenBy, operation]);
  }

  #unhide(objects: readonly OperationId[], operation: OperationId): void {
    this.#change(objects, (hiddenBy) => hiddenBy.filter((each) => each !== operation));
  }

  #change(objects: readonly OperationId[], change: (hiddenBy: readonly OperationId[]) => OperationId[]): void {
    for (const id of objects) {
      const page = this.#pageOf.get(id);
      const hiders = page?.hiders(id);
      if (page && hiders) page.hide(id, change(hiders));
    }
  }
}

/** What the hash is told of the picture that a page shows, if it shows one. */
function pictureDigest(page: Page): string[] {
  const shown = pictureOf(page);
  if (!shown) return [];
  return [sha256(JSON.stringify([shown.id, shown.by, shown.digest, shown.width, shown.height]))];
}

/** Removes `operation`, which is nearly always on top. gaps: it may be missing. */
function take(stack: OperationId[], operation: OperationId, gaps: boolean): void {
  const place = stack.lastIndexOf(operation);
  if (place < 0 && gaps) return;
  if (place < 0) throw new Error(`the log undoes or redoes ${operation} out of turn`);
  stack.splice(place, 1);
}
