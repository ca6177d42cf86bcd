/** The lesson's whiteboard for the pages: the fold, its surface, and what this participant may do. */
import { OperationIds } from '@/board/operation_ids';
import { BoardInParts } from '@/board/parts';
import { PictureShelf } from '@/board/pictures';
import { Board, type BoardNow, isVisible, pictureOf } from '@/board/state';
import { BoardSurface } from '@/board/surface';
import { type BoardTool, FIRST_TOOL } from '@/board/tool';
import type { LessonBoard } from '@/room/interface';
import type { BoardHistory, BoardPart, FromClient, FromServer, PageId, Person } from '@/signaling/wire.gen';

export interface LiveBoardOptions {
  readonly lessonId: string;
  readonly me: () => Person | null;
  /** Whether this participant may draw now; reactive. */
  readonly mayDraw: () => boolean;
  readonly send: (message: FromClient) => boolean;
  /** The hash of what is on the screen after the last event; at rest, and only when it may have changed. */
  readonly check: (hash: string) => void;
}

/** A board at rest for so long is checked. */
const REST_MS = 1_000;
const DIGESTS_A_TURN = 400;
/** Pages whose pictures are fetched before they are shown. */
const AHEAD = 2;

export class LiveBoard implements LessonBoard {
  readonly #options: LiveBoardOptions;
  readonly #ids = new OperationIds();
  readonly #surface: BoardSurface;
  readonly #shelf: PictureShelf;
  #board: Board = new Board();
  /** What has come of a board that comes in parts; null when it is whole. */
  #parts: BoardInParts | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Moves with every change of the board, which itself is not reactive. */
  #version = $state(0);

  tool: BoardTool = $state.raw(FIRST_TOOL);
  readonly state: BoardNow = $derived(this.#at(this.#version).picture);
  readonly pages: readonly PageId[] = $derived(this.state.pages.map(({ id }) => id));
  readonly current: PageId = $derived(this.state.current);
  coming: number | null = $state(null);
  readonly mayDraw: boolean = $derived.by(() => this.#options.mayDraw());
  readonly canUndo: boolean = $derived(this.mayDraw && this.#own(this.#version)?.undo !== null);
  readonly canRedo: boolean = $derived(this.mayDraw && this.#own(this.#version)?.redo !== null);

  constructor(options: LiveBoardOptions) {
    this.#options = options;
    this.#shelf = new PictureShelf(options.lessonId);
    this.#shelf.subscribe(() => this.#look());
    this.#surface = new BoardSurface({
      ids: this.#ids,
      pictures: this.#shelf,
      board: () => this.#board,
      tool: () => this.tool,
      pen: () => this.#pen(),
      mayErase: (object) => this.#options.me()?.role === 'lead' || object.by === this.#options.me()?.id,
      send: options.send,
    });
  }

  readonly attach = (host: HTMLElement): (() => void) => this.#surface.attach(host);

  undo(): void {
    this.#options.send({ type: 'undo', id: this.#ids.next() });
  }

  redo(): void {
    this.#options.send({ type: 'redo', id: this.#ids.next() });
  }

  addPage(): void {
    this.#options.send({ type: 'add_page', id: this.#ids.next() });
  }

  putPicture(
    { digest, width, height }: { digest: string; width: number; height: number },
    { newPage = false } = {},
  ): void {
    const { current, pages } = this.#board.picture;
    const page = pages.find(({ id }) => id === current);
    const empty = !newPage && page && !page.objects.some(isVisible) && !pictureOf(page);
    const picture = { type: 'put_picture', id: this.#ids.next(), digest, width, height } as const;
    this.#options.send(empty ? { ...picture, page: current } : picture);
  }

  turnTo(page: PageId): void {
    this.#options.send({ type: 'turn_page', page });
  }

  clearPage(): void {
    const { current, pages } = this.#board.picture;
    const page = pages.find(({ id }) => id === current);
    const picture = page && !page.objects.some(isVisible) ? pictureOf(page) : null;
    // Ink goes first; a second tap takes the picture away.
    if (picture) this.#options.send({ type: 'erase', id: this.#ids.next(), page: current, objects: [picture.id] });
    else this.#options.send({ type: 'clear_page', id: this.#ids.next(), page: current });
  }

  received(message: FromServer): void {
    const turned = this.#board.picture.current;
    if (message.type === 'event' && message.event.type === 'rung_changed') this.#want();
    const changed = this.#fold(message);
    this.#surface.received(message);
    if (!changed) return;
    if (this.#board.picture.current !== turned) this.#surface.finish();
    this.#surface.refresh();
    this.#want();
    this.#version += 1;
    this.#checkSoon();
  }

  /** True when there is something else to be seen. */
  #fold(message: FromServer): boolean {
    switch (message.type) {
      case 'event':
        this.#parts?.note(message);
        return this.#board.apply(message);
      case 'snapshot':
        this.#parts = message.parts ? new BoardInParts(message.state.board) : null;
        this.#board = this.#parts?.board() ?? Board.restore(message.state.board);
        return true;
      case 'board_part':
      case 'board_history':
        return this.#take(message);
      default:
        return false;
    }
  }

  #take(message: BoardPart | BoardHistory): boolean {
    if (!this.#parts?.take(message)) return false;
    this.#board = this.#parts.board();
    if (this.#parts.whole) this.#parts = null;
    return true;
  }

  /** The right to draw came or went. */
  permitted(): void {
    if (!this.mayDraw) this.#surface.finish();
  }

  /** Asks for the picture of the page that is shown, then for those of the next pages. */
  #want(): void {
    const { current, pages } = this.#board.picture;
    const place = pages.findIndex(({ id }) => id === current);
    const next = pages.slice(place, place + 1 + AHEAD).flatMap((page) => pictureOf(page)?.digest ?? []);
    this.#shelf.want(next, this.#options.me()?.rung ?? 'full');
    this.#look();
  }

  #look(): void {
    const { current, pages } = this.#board.picture;
    const page = pages.find(({ id }) => id === current);
    const picture = page ? pictureOf(page) : null;
    this.coming = picture ? this.#shelf.coming(picture.digest) : null;
  }

  close(): void {
    this.#shelf.close();
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** The board at a version: naming the version makes the reader follow it. */
  #at(_version: number): Board {
    return this.#board;
  }

  #own(version: number): { undo: string | null; redo: string | null } {
    const board = this.#at(version);
    const me = this.#options.me()?.id ?? '';
    return { undo: board.toUndo(me), redo: board.toRedo(me) };
  }

  #pen(): { page: PageId; colour: string; width: number } | null {
    const me = this.#options.me();
    if (!me || !this.mayDraw) return null;
    const colour = me.role === 'lead' ? this.tool.colour : me.colour;
    return { page: this.#board.picture.current, colour, width: this.tool.width };
  }

  #checkSoon(afterMs = REST_MS): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), afterMs);
  }

  /** Hashes a little at a time, so that ten thousand strokes do not hold up the pen. */
  #check(): void {
    this.#timer = null;
    if (this.#parts) return; // the last part starts it anew
    if (!this.#board.digestSome(DIGESTS_A_TURN)) {
      this.#checkSoon(0);
      return;
    }
    const rendered = this.#surface.rendered();
    if (rendered) this.#options.check(this.#board.hash(rendered));
    else if (this.#surface.attached) this.#checkSoon();
  }
}
