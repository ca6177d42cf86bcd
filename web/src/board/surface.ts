/**
 * The lesson's board in an element: what the room knows is drawn, what the pointer does is sent.
 *
 * Own ink and own erasures show at once and stay until the log has them, or the room refused them: no flicker, no double.
 */
import { BoardCanvas } from '@/board/canvas';
import { HitGrid } from '@/board/grid';
import type { OperationIds } from '@/board/operation_ids';
import type { PictureShelf } from '@/board/pictures';
import { listen, PointerWork } from '@/board/pointer';
import { type Board, isVisible } from '@/board/state';
import type { Pen } from '@/board/stroke';
import type { BoardTool } from '@/board/tool';
import type { BoardObject, FromClient, FromServer, Ink, LaserSeen, OperationId } from '@/signaling/wire.gen';

export interface SurfaceOptions {
  readonly ids: OperationIds;
  readonly pictures: PictureShelf;
  readonly board: () => Board;
  readonly tool: () => BoardTool;
  /** Null while this participant may not draw. */
  readonly pen: () => Pen | null;
  readonly mayErase: (object: BoardObject) => boolean;
  /** False: the message was not sent and will not be. */
  readonly send: (message: FromClient) => boolean;
}

/** The eraser's radius in board units; strokes are thin, fingers are not. */
const ERASER_RADIUS = 60;
/** The wire's limit for one erasure. */
const MAX_ERASED = 500;
const OWN = 'own';

export class BoardSurface {
  readonly #options: SurfaceOptions;
  #canvas: BoardCanvas | null = null;
  #pointers: PointerWork | null = null;
  /** Touched by the eraser that is down now. */
  readonly #touched = new Set<OperationId>();
  #touchedPage = 0;
  /** Erasures on their way. */
  readonly #erasures = new Map<OperationId, readonly OperationId[]>();
  #grid: { board: Board; page: number; grid: HitGrid } | null = null;

  constructor(options: SurfaceOptions) {
    this.#options = options;
  }

  /** Fills `host` with the board; returns how to stop. One element at a time: the last one attached has it. */
  attach(host: HTMLElement): () => void {
    const canvas = new BoardCanvas(host, this.#options.pictures);
    const pointers = new PointerWork({
      pen: this.#options.pen,
      tool: this.#options.tool,
      newId: () => this.#options.ids.next(),
      toBoard: (x, y) => canvas.toBoard(x, y),
      drawn: ({ id, pen, points }, finished) => canvas.ownInk({ id, ...pen, points }, finished),
      takenBack: (id) => canvas.dropInk(id),
      sendInk: (ink) => this.#options.send(ink),
      sendStroke: (stroke) => {
        if (!this.#options.send(stroke)) canvas.dropInk(stroke.id);
      },
      erase: (x0, y0, x1, y1) => this.#erase(x0, y0, x1, y1),
      eraseEnd: () => this.#eraseEnd(),
      laser: (point) => this.#laser(canvas, point),
    });
    const stopListening = listen(canvas.stage, pointers);
    this.#canvas = canvas;
    this.#pointers = pointers;
    this.refresh();
    return () => {
      stopListening();
      canvas.destroy();
      if (this.#canvas !== canvas) return;
      this.#canvas = null;
      this.#pointers = null;
    };
  }

  /** It is on a screen. */
  get attached(): boolean {
    return this.#canvas !== null;
  }

  /** The board changed. */
  refresh(): void {
    const hidden = new Set(this.#touched);
    for (const erased of this.#erasures.values()) for (const id of erased) hidden.add(id);
    this.#canvas?.show(this.#options.board().picture, hidden);
  }

  /** Takes note of what the server says; the board itself is folded elsewhere, before. */
  received(message: FromServer): void {
    switch (message.type) {
      case 'ink_seen':
        this.#ink(message.ink);
        break;
      case 'laser_seen':
        this.#canvas?.laser(message);
        break;
      case 'event':
        if (message.event.type === 'erased') this.#erasures.delete(message.event.id);
        break;
      case 'refused':
        this.#refused(message.id);
        break;
      case 'snapshot':
        this.#erasures.clear();
        break;
      default:
        break;
    }
  }

  /** The right to draw is gone: what is under way is finished now. */
  finish(): void {
    this.#pointers?.finishAll();
  }

  /** What the screen shows of the current page, once everything is drawn and confirmed; null before, or without a screen. */
  rendered(): BoardObject[] | null {
    const settled = this.#touched.size === 0 && this.#erasures.size === 0;
    return this.#canvas?.complete && settled ? this.#canvas.drawn() : null;
  }

  #ink(ink: Ink): void {
    if (!this.#options.board().done(ink.id)) this.#canvas?.ink(ink);
  }

  #laser(canvas: BoardCanvas, point: { x: number; y: number } | null): void {
    const seen: Omit<LaserSeen, 'type'> = { by: OWN, x: point?.x ?? null, y: point?.y ?? null };
    canvas.laser(seen);
    this.#options.send({ type: 'laser', x: seen.x, y: seen.y });
  }

  #refused(id: OperationId): void {
    if (!id) return;
    this.#canvas?.dropInk(id);
    if (this.#erasures.delete(id)) this.refresh();
  }

  #erase(x0: number, y0: number, x1: number, y1: number): void {
    const page = this.#currentPage();
    if (!page) return;
    const before = this.#touched.size;
    this.#touchedPage = page.id;
    const objects = new Map(page.objects.map((object) => [object.id, object]));
    for (const id of this.#hits(page, x0, y0, x1, y1)) {
      const object = objects.get(id);
      if (object && isVisible(object) && this.#options.mayErase(object)) this.#touched.add(id);
    }
    if (this.#touched.size > before) this.refresh();
  }

  #hits(
    page: { id: number; objects: readonly BoardObject[] },
    x0: number,
    y0: number,
    x1: number,
    y1: number,
  ): OperationId[] {
    const board = this.#options.board();
    if (this.#grid?.board !== board || this.#grid.page !== page.id)
      this.#grid = { board, page: page.id, grid: new HitGrid() };
    this.#grid.grid.update(page.objects);
    return this.#grid.grid.hits(x0, y0, x1, y1, ERASER_RADIUS);
  }

  #currentPage(): { readonly id: number; readonly objects: readonly BoardObject[] } | undefined {
    const { current, pages } = this.#options.board().picture;
    return pages.find(({ id }) => id === current);
  }

  #eraseEnd(): void {
    const touched = [...this.#touched];
    this.#touched.clear();
    const page = this.#touchedPage;
    for (let i = 0; i < touched.length; i += MAX_ERASED) {
      const objects = touched.slice(i, i + MAX_ERASED);
      const id = this.#options.ids.next();
      if (this.#options.send({ type: 'erase', id, page, objects })) this.#erasures.set(id, objects);
    }
    this.refresh();
  }
}
