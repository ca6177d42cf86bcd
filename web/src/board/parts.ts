/**
 * A board that comes in parts (docs/protocol.md, P26): the page that is shown first, the others after it.
 *
 * Until the last part has come the events after the snapshot are kept, and laid over what is there.
 */
import { objectsOf } from '@/board/partObjects';
import { Board } from '@/board/state';
import type {
  BoardHistory,
  BoardObject,
  BoardPart,
  BoardState,
  History,
  Logged,
  OperationId,
  Operations,
  PageId,
} from '@/signaling/wire.gen';

export class BoardInParts {
  readonly #state: BoardState;
  readonly #objects: ReadonlyMap<PageId, BoardObject[]>;
  readonly #events: Logged[] = [];
  #history: BoardHistory | null = null;

  /** state: of the snapshot, its pages empty. */
  constructor(state: BoardState) {
    this.#state = state;
    this.#objects = new Map(state.pages.map(({ id }) => [id, []]));
  }

  /** An event after the snapshot. */
  note(logged: Logged): void {
    this.#events.push(logged);
  }

  /** Takes what came; true when there is more to be seen, or the end. */
  take(part: BoardPart | BoardHistory): boolean {
    if (part.type === 'board_history') {
      this.#history = part;
      return true;
    }
    this.#objects.get(part.page)?.push(...objectsOf(part));
    return part.complete;
  }

  /** Nothing is missing any more. */
  get whole(): boolean {
    return this.#history !== null;
  }

  /** The board now, as far as it has come. */
  board(): Board {
    const pages = this.#state.pages.map((page) => ({ ...page, objects: this.#objects.get(page.id) ?? [] }));
    const board = Board.restore({ ...this.#state, pages, ...this.#done() }, { gaps: !this.whole });
    for (const event of this.#events) board.apply(event);
    return board;
  }

  #done(): Pick<BoardState, 'operations' | 'undone_hides'> {
    if (!this.#history) return { operations: {}, undone_hides: {} };
    const strokes = this.#state.pages.flatMap(({ id }) => (this.#objects.get(id) ?? []).map((object) => object.id));
    const entries = Object.entries(this.#history.operations);
    const operations = Object.fromEntries(entries.map(([who, history]) => [who, named(history, strokes)]));
    return { operations, undone_hides: this.#history.undone_hides };
  }
}

function named({ standing, undone }: History, strokes: readonly OperationId[]): Operations {
  return { standing: ids(standing, strokes), undone: ids(undone, strokes) };
}

/** A number is a stroke, told by how far it stands behind the one before. */
function ids(short: readonly (number | OperationId)[], strokes: readonly OperationId[]): OperationId[] {
  let at = -1;
  return short.map((each) => {
    if (typeof each === 'string') return each;
    at += each;
    return strokes[at] as OperationId;
  });
}
