/**
 * The re-drawn board on its canvases, at any time. Two page layers: what is seen stays until the next is complete, so that
 * a jump in a board of thousands of strokes shows the old picture or the new one and nothing between.
 */
import { type Field, fieldIn, turnTaker } from '@/board/canvas';
import { Ground } from '@/board/ground';
import { inkPath } from '@/board/ink';
import { PageLayer } from '@/board/layer';
import type { PictureShelf } from '@/board/pictures';
import type { BoardIndex } from '@/replay/boardIndex';
import { drawnBy, type TimedStroke, underWay } from '@/replay/strokes';
import { BOARD_WIDTH, type PageId } from '@/signaling/wire.gen';

/** More strokes than this changing at once are drawn aside, in slices; fewer are put right in place. */
const IN_PLACE = 300;
/** Pages whose pictures are fetched before they are shown. */
const AHEAD = 2;

interface Shown {
  readonly layer: PageLayer;
  readonly page: PageId;
  /** Strokes of the page given to the layer; those after the moment are hidden. */
  count: number;
}

export class BoardView {
  readonly #host: HTMLElement;
  readonly #index: BoardIndex;
  readonly #strokes: readonly TimedStroke[];
  readonly #field = document.createElement('div');
  readonly #pictures: PictureShelf;
  readonly #ground: Ground;
  readonly #live = document.createElement('canvas');
  readonly #later = turnTaker();
  readonly #resizes: ResizeObserver;
  #size: Field = fieldIn(0, 0);
  #front: Shown | null = null;
  #back: Shown | null = null;
  #lessonMs = 0;
  #revision = -1;
  #liveDrawn = false;

  constructor(host: HTMLElement, index: BoardIndex, strokes: readonly TimedStroke[], pictures: PictureShelf) {
    this.#pictures = pictures;
    this.#ground = new Ground(pictures);
    this.#host = host;
    this.#index = index;
    this.#strokes = strokes;
    this.#field.className = 'board-field';
    this.#live.className = 'board-live';
    for (const element of [this.#field, this.#live]) element.style.position = 'absolute';
    this.#field.append(this.#ground.canvas, this.#live);
    host.append(this.#field);
    this.#resizes = new ResizeObserver(() => this.#measure());
    this.#resizes.observe(host);
    this.#measure();
  }

  /** Draws the board of lesson time `lessonMs`; cheap when nothing has changed since the last call. */
  show(lessonMs: number): void {
    this.#lessonMs = lessonMs;
    const revision = this.#index.revisionAt(lessonMs);
    if (revision !== this.#revision) {
      const changes = Math.abs(revision - this.#revision);
      this.#revision = revision;
      this.#update(changes);
    }
    this.#drawLive();
  }

  destroy(): void {
    this.#resizes.disconnect();
    this.#front?.layer.destroy();
    this.#back?.layer.destroy();
    this.#ground.destroy();
    this.#field.remove();
  }

  #measure(): void {
    const field = fieldIn(this.#host.clientWidth, this.#host.clientHeight);
    place(this.#field, field);
    if (field.width === this.#size.width && field.height === this.#size.height && this.#front) return;
    this.#size = field;
    const inside = { left: 0, top: 0, width: field.width, height: field.height };
    Object.assign(this.#live, this.#pixels());
    place(this.#live, inside);
    place(this.#ground.canvas, inside);
    this.#ground.resize(this.#pixels());
    if (this.#front) place(this.#front.layer.canvas, inside);
    if (this.#revision >= 0) this.#redraw();
    this.#liveDrawn = true;
    this.#drawLive();
  }

  #pixels(): { width: number; height: number } {
    const ratio = globalThis.devicePixelRatio || 1;
    return { width: Math.round(this.#size.width * ratio), height: Math.round(this.#size.height * ratio) };
  }

  #update(changes: number): void {
    const { current: page, pages } = this.#index.pagesAt(this.#revision);
    this.#show(page, pages);
    if (this.#front?.page === page && changes <= IN_PLACE && !this.#back) this.#refresh(this.#front);
    else this.#redraw();
  }

  #show(page: PageId, pages: readonly PageId[]): void {
    const place = pages.indexOf(page);
    const soon = pages.slice(place, place + 1 + AHEAD).map((id) => this.#index.pictureAt(this.#revision, id)?.digest);
    this.#ground.show(this.#index.pictureAt(this.#revision, page));
    this.#pictures.want(
      soon.filter((digest) => digest !== undefined),
      'full',
    );
  }

  /** Puts the layer right where it stands; going back hides strokes rather than beginning anew. */
  #refresh(shown: Shown): void {
    shown.count = Math.max(shown.count, this.#index.countAt(this.#revision, shown.page));
    const hidden = this.#index.hiddenAt(this.#revision, shown.page, shown.count);
    shown.layer.update(this.#index.objects(shown.page).slice(0, shown.count), hidden);
  }

  /** Draws the page aside and shows it once it is complete. */
  #redraw(): void {
    this.#back?.layer.destroy();
    const page = this.#index.pagesAt(this.#revision).current;
    const { width, height } = this.#pixels();
    const layer = new PageLayer(width, height, width / BOARD_WIDTH, this.#later, () => this.#complete(layer));
    this.#back = { layer, page, count: 0 };
    this.#refresh(this.#back);
  }

  #complete(layer: PageLayer): void {
    if (this.#back?.layer !== layer) return;
    this.#front?.layer.destroy();
    this.#front?.layer.canvas.remove();
    this.#front = this.#back;
    this.#back = null;
    layer.canvas.className = 'board-page';
    layer.canvas.style.position = 'absolute';
    place(layer.canvas, { left: 0, top: 0, width: this.#size.width, height: this.#size.height });
    this.#ground.canvas.after(layer.canvas);
  }

  /** The strokes that are being drawn right now, as far as they have come. */
  #drawLive(): void {
    if (this.#revision < 0) return;
    const page = this.#index.pagesAt(this.#revision).current;
    const live = underWay(this.#strokes, this.#lessonMs).filter(({ stroke }) => stroke.page === page);
    if (live.length === 0 && !this.#liveDrawn) return;
    this.#liveDrawn = live.length > 0;
    const context = this.#live.getContext('2d');
    if (!context) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#live.width, this.#live.height);
    const scale = this.#live.width / BOARD_WIDTH;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    for (const timed of live) {
      context.fillStyle = timed.stroke.colour;
      context.fill(inkPath(drawnBy(timed, this.#lessonMs), timed.stroke.width, false));
    }
  }
}

function place(element: HTMLElement, { left, top, width, height }: Field): void {
  Object.assign(element.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
}
