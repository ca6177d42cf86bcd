/**
 * The board on the screen: canvases in an element, the page's picture lowest, then its committed ink, what is being drawn above.
 *
 *     const canvas = new BoardCanvas(host);       // fills `host`: the largest 16:9 field inside it
 *     canvas.show(board.picture);                 // a Board's picture: live, or folded up to a moment for a replay
 *     canvas.ink(seen.ink);  canvas.laser(seen);  // unfinished strokes and pointers of others
 *     canvas.destroy();
 *
 * The picture depends on the board and on the size in device pixels alone: two browsers of one size show the same pixels.
 */
import { Ground } from '@/board/ground';
import { type Later, PageLayer } from '@/board/layer';
import { LiveInk } from '@/board/live';
import type { PictureShelf } from '@/board/pictures';
import { type BoardPicture, pictureOf } from '@/board/state';
import type { BoardObject, Ink, LaserSeen, OperationId, PageId } from '@/signaling/wire.gen';
import { BOARD_HEIGHT, BOARD_WIDTH } from '@/signaling/wire.gen';

/** Pages whose bitmap is kept; turning back to one of them costs nothing. */
const KEPT_PAGES = 4;
const NOTHING: ReadonlySet<OperationId> = new Set();

/** The field in CSS pixels: the largest 16:9 rectangle inside, in the middle. */
export interface Field {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The largest 16:9 field in an element of this size, on whole CSS pixels. */
export function fieldIn(width: number, height: number): Field {
  const fit = Math.max(1, Math.floor(Math.min(width, (height * BOARD_WIDTH) / BOARD_HEIGHT)));
  const tall = Math.max(1, Math.round((fit * BOARD_HEIGHT) / BOARD_WIDTH));
  return { left: Math.floor((width - fit) / 2), top: Math.floor((height - tall) / 2), width: fit, height: tall };
}

/** Runs tasks one after another in their own turn of the event loop, without the 4 ms that timers wait. */
export function turnTaker(): Later {
  const channel = new MessageChannel();
  const waiting = new Map<number, () => void>();
  let count = 0;
  channel.port1.onmessage = ({ data }: MessageEvent<number>) => {
    const task = waiting.get(data);
    waiting.delete(data);
    task?.();
  };
  return (task) => {
    count += 1;
    const id = count;
    waiting.set(id, task);
    channel.port2.postMessage(id);
    return () => waiting.delete(id);
  };
}

export class BoardCanvas {
  readonly #host: HTMLElement;
  readonly #stage = document.createElement('div');
  readonly #top = document.createElement('canvas');
  readonly #ground: Ground;
  readonly #live = new LiveInk();
  readonly #later = turnTaker();
  readonly #resizes: ResizeObserver;
  #layers = new Map<PageId, PageLayer>();
  #shown: PageLayer | null = null;
  #board: BoardPicture | null = null;
  #hidden: ReadonlySet<OperationId> = NOTHING;
  #field: Field = fieldIn(0, 0);
  #ratio = 1;
  #frame = 0;
  #stale: ReturnType<typeof setTimeout> | null = null;

  /** pictures: where those of the pages come from; null: only ink is shown. */
  constructor(host: HTMLElement, pictures: PictureShelf | null = null) {
    this.#host = host;
    this.#ground = new Ground(pictures);
    this.#stage.className = 'board-field';
    this.#top.className = 'board-live';
    for (const element of [this.#stage, this.#top]) element.style.position = 'absolute';
    this.#stage.append(this.#ground.canvas, this.#top);
    if (getComputedStyle(host).position === 'static') host.style.position = 'relative';
    host.append(this.#stage);
    this.#measure();
    this.#resizes = new ResizeObserver(() => this.#measure());
    this.#resizes.observe(host);
  }

  /** The element that covers exactly the field: pointer events go here. */
  get stage(): HTMLElement {
    return this.#stage;
  }

  /** The committed page's bitmap, for thumbnails and comparison; null before the first `show`. */
  get bitmap(): HTMLCanvasElement | null {
    return this.#shown?.canvas ?? null;
  }

  /** All that is committed has been drawn. */
  get complete(): boolean {
    if (!this.#shown) return this.#board === null;
    return this.#shown.complete && !this.#stretched && this.#ground.complete;
  }

  /** The picture shown is of an older size, until the new one is drawn. */
  get #stretched(): boolean {
    return this.#shown !== null && ![...this.#layers.values()].includes(this.#shown);
  }

  /** The objects that are on the screen now, in drawing order. */
  drawn(): BoardObject[] {
    return this.#shown?.drawn() ?? [];
  }

  /** Shows the current page of `board`; `hidden` are objects the own eraser has touched and nobody confirmed yet. */
  show(board: BoardPicture, hidden: ReadonlySet<OperationId> = NOTHING): void {
    this.#board = board;
    this.#hidden = hidden;
    this.#draw();
  }

  /** Somebody else's unfinished stroke. */
  ink(ink: Ink): void {
    this.#live.seen(ink, performance.now());
    this.#repaint();
  }

  /** The own stroke, in this very frame; once `finished` it stays until its object is committed. */
  ownInk(stroke: Omit<Ink, 'type' | 'start'>, finished: boolean): void {
    this.#live.own(stroke, finished, performance.now());
    if (stroke.points.length <= 3) this.#paint();
    else this.#repaint();
  }

  dropInk(id: OperationId): void {
    this.#live.drop(id);
    this.#repaint();
  }

  laser(seen: Omit<LaserSeen, 'type'>): void {
    this.#live.laser(seen, performance.now());
    this.#repaint();
  }

  /** Board units of a point of the window. */
  toBoard(clientX: number, clientY: number): { x: number; y: number } {
    const box = this.#stage.getBoundingClientRect();
    const perPixel = BOARD_WIDTH / (box.width || 1);
    return { x: Math.round((clientX - box.left) * perPixel), y: Math.round((clientY - box.top) * perPixel) };
  }

  destroy(): void {
    this.#resizes.disconnect();
    cancelAnimationFrame(this.#frame);
    if (this.#stale) clearTimeout(this.#stale);
    for (const layer of this.#layers.values()) layer.destroy();
    this.#layers.clear();
    this.#ground.destroy();
    this.#stage.remove();
  }

  #measure(): void {
    const field = fieldIn(this.#host.clientWidth, this.#host.clientHeight);
    const ratio = globalThis.devicePixelRatio || 1;
    const same = field.width === this.#field.width && field.height === this.#field.height && ratio === this.#ratio;
    this.#field = field;
    this.#ratio = ratio;
    place(this.#stage, field);
    if (same && this.#top.width > 1) return;
    this.#resize();
  }

  /** New bitmaps for a new size; the old picture stays, stretched, until the new one is complete. */
  #resize(): void {
    const inside = { left: 0, top: 0, width: this.#field.width, height: this.#field.height };
    this.#top.width = this.#pixels().width;
    this.#top.height = this.#pixels().height;
    place(this.#top, inside);
    place(this.#ground.canvas, inside);
    this.#ground.resize(this.#pixels());
    if (this.#shown) place(this.#shown.canvas, inside);
    for (const layer of this.#layers.values()) layer.destroy();
    this.#layers = new Map();
    this.#draw();
  }

  #pixels(): { width: number; height: number; scale: number } {
    const width = Math.max(1, Math.round(this.#field.width * this.#ratio));
    const height = Math.max(1, Math.round(this.#field.height * this.#ratio));
    return { width, height, scale: width / BOARD_WIDTH };
  }

  #draw(): void {
    const board = this.#board;
    const page = board?.pages.find(({ id }) => id === board.current);
    if (!page) return;
    const layer = this.#layer(page.id);
    const stretched = this.#stretched;
    layer.update(page.objects, this.#hidden);
    this.#ground.show(pictureOf(page));
    if (layer.complete || !stretched) this.#present(layer);
    this.#repaint();
  }

  /** The page's layer, moved to the end of the line of those kept. */
  #layer(page: PageId): PageLayer {
    const { width, height, scale } = this.#pixels();
    const layer = this.#layers.get(page) ?? new PageLayer(width, height, scale, this.#later, () => this.#done(page));
    this.#layers.delete(page);
    this.#layers.set(page, layer);
    for (const [old, other] of this.#layers) {
      if (this.#layers.size <= KEPT_PAGES) break;
      other.destroy();
      this.#layers.delete(old);
    }
    return layer;
  }

  #done(page: PageId): void {
    const layer = this.#layers.get(page);
    if (layer && page === this.#board?.current) this.#present(layer);
    this.#repaint();
  }

  #present(layer: PageLayer): void {
    if (this.#shown === layer) return;
    const { canvas } = layer;
    canvas.className = 'board-page';
    canvas.style.position = 'absolute';
    place(canvas, { left: 0, top: 0, width: this.#field.width, height: this.#field.height });
    this.#shown?.canvas.remove();
    this.#ground.canvas.after(canvas);
    this.#shown = layer;
  }

  #repaint(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const context = this.#top.getContext('2d');
    const page = this.#board?.current;
    if (!context || page === undefined) return;
    const again = this.#live.settle((id) => this.#shown?.has(id) ?? false, performance.now());
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#top.width, this.#top.height);
    const { scale } = this.#pixels();
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#live.draw(context, page);
    if (again) this.#watch();
  }

  /** Looks again in a second, so that what went stale disappears. */
  #watch(): void {
    if (this.#stale) return;
    this.#stale = setTimeout(() => {
      this.#stale = null;
      this.#repaint();
    }, 1_000);
  }
}

function place(element: HTMLElement, field: Field): void {
  element.style.left = `${field.left}px`;
  element.style.top = `${field.top}px`;
  element.style.width = `${field.width}px`;
  element.style.height = `${field.height}px`;
}
