/**
 * The committed ink of one page, kept as a bitmap.
 *
 * `update` compares what is drawn with what should be: new strokes are drawn on top, a stroke hidden or shown again
 * repaints only its own box, and anything else starts over. Long work is done in slices, so that input and pictures never wait.
 */
import { type Box, boxAround, boxesMeet, inkBox, traceInk } from '@/board/ink';
import { type PixelBox, pixelBox, Raster } from '@/board/raster';
import type { BoardObject, OperationId } from '@/signaling/wire.gen';

const SLICE_MS = 40;
/** Before its first picture is complete a page has nothing better to do. */
const FIRST_SLICE_MS = 120;
/** Drawing is timed once in so many strokes. */
const STRIDE = 16;
/** While much is being drawn, the screen is brought up to date this often: each time costs as much as hundreds of strokes. */
const SHOW_EVERY_MS = 250;

interface Drawn {
  object: BoardObject;
  visible: boolean;
}

/** Runs `task` soon, after input and painting have had their turn; returns how to take it back. */
export type Later = (task: () => void) => () => void;

export class PageLayer {
  readonly canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #raster: Raster;
  readonly #image: ImageData;
  readonly #all: PixelBox;
  readonly #scale: number;
  readonly #later: Later;
  readonly #onDone: () => void;
  readonly #drawn: Drawn[] = [];
  readonly #ids = new Set<OperationId>();
  #target: readonly BoardObject[] = [];
  #hidden: ReadonlySet<OperationId> = new Set();
  #cancel: (() => void) | null = null;
  /** What the screen does not show yet. */
  #unshown: PixelBox | null = null;
  #shownMs = 0;
  #wasComplete = false;

  /** width, height: of the bitmap in pixels; scale: pixels per board unit; onDone: everything asked for is drawn. */
  constructor(width: number, height: number, scale: number, later: Later, onDone: () => void) {
    this.#context = context2d(width, height);
    this.canvas = this.#context.canvas;
    this.#raster = new Raster(width, height, scale);
    this.#image = new ImageData(new Uint8ClampedArray(this.#raster.pixels.buffer), width, height);
    this.#all = { left: 0, top: 0, right: width, bottom: height };
    this.#scale = scale;
    this.#later = later;
    this.#onDone = onDone;
  }

  /** Everything asked for is drawn. */
  get complete(): boolean {
    return this.#drawn.length === this.#target.length;
  }

  /** This object has been drawn, or is known and hidden. */
  has(id: OperationId): boolean {
    return this.#ids.has(id);
  }

  /** The objects whose ink is on the bitmap, in drawing order. */
  drawn(): BoardObject[] {
    return this.#drawn.filter(({ visible }) => visible).map(({ object }) => object);
  }

  /** Draws `objects` in their order, without those in `hidden` (the own eraser's, not yet confirmed). */
  update(objects: readonly BoardObject[], hidden: ReadonlySet<OperationId>): void {
    this.#target = objects;
    this.#hidden = hidden;
    const box = this.#reconcile();
    if (box === 'all') this.#restart();
    else if (box) this.#repaint(box);
    if (!this.#cancel) this.#slice();
  }

  destroy(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #visible(object: BoardObject): boolean {
    return object.hidden_by.length === 0 && !this.#hidden.has(object.id);
  }

  /** Takes over the newer forms of what is drawn; returns the box to repaint, or 'all' when the order itself differs. */
  #reconcile(): Box | 'all' | null {
    if (this.#target.length < this.#drawn.length) return 'all';
    let box: Box | null = null;
    for (let i = 0; i < this.#drawn.length; i += 1) {
      const drawn = this.#drawn[i] as Drawn;
      const object = this.#target[i] as BoardObject;
      if (drawn.object.id !== object.id) return 'all';
      const visible = this.#visible(object);
      drawn.object = object;
      if (visible === drawn.visible) continue;
      drawn.visible = visible;
      box = box ? boxAround(box, boxOf(object)) : boxOf(object);
    }
    return box;
  }

  #restart(): void {
    this.#drawn.length = 0;
    this.#ids.clear();
    this.#raster.clear(this.#all);
    this.#unshown = this.#all;
  }

  /** Draws again what meets the box, in order, inside it alone. */
  #repaint(box: Box): void {
    const clip = this.#pixels(box);
    this.#raster.clear(clip);
    for (const { object, visible } of this.#drawn)
      if (visible && boxesMeet(boxOf(object), box)) this.#fill(object, clip);
    this.#note(clip);
    this.#show();
  }

  #pixels(box: Box): PixelBox {
    return pixelBox(box, this.#scale, this.#all.right, this.#all.bottom);
  }

  #fill(object: BoardObject, clip: PixelBox): void {
    const box = this.#pixels(boxOf(object));
    if (box.left >= box.right || box.top >= box.bottom) return;
    this.#raster.begin(box);
    traceInk(this.#raster, object.points, object.width);
    this.#raster.fill(object.colour, clip);
    this.#note(box);
  }

  #note(box: PixelBox): void {
    const { left, top, right, bottom } = this.#unshown ?? box;
    this.#unshown = {
      left: Math.min(left, box.left),
      top: Math.min(top, box.top),
      right: Math.max(right, box.right),
      bottom: Math.max(bottom, box.bottom),
    };
  }

  #show(): void {
    if (!this.#unshown) return;
    const { left, top, right, bottom } = this.#unshown;
    if (left < right && top < bottom)
      this.#context.putImageData(this.#image, 0, 0, left, top, right - left, bottom - top);
    this.#unshown = null;
    this.#shownMs = performance.now();
  }

  #slice(): void {
    this.#cancel = null;
    const until = performance.now() + (this.#wasComplete ? SLICE_MS : FIRST_SLICE_MS);
    let count = 0;
    while (this.#drawn.length < this.#target.length) {
      const object = this.#target[this.#drawn.length] as BoardObject;
      const visible = this.#visible(object);
      if (visible) this.#fill(object, this.#all);
      this.#drawn.push({ object, visible });
      this.#ids.add(object.id);
      count += 1;
      if (count % STRIDE !== 0) continue;
      const now = performance.now();
      if (now < until) continue;
      if (now - this.#shownMs > SHOW_EVERY_MS) this.#show();
      this.#cancel = this.#later(() => this.#slice());
      return;
    }
    this.#show();
    this.#wasComplete = this.#drawn.length > 0;
    this.#onDone();
  }
}

function boxOf({ points, width }: BoardObject): Box {
  return inkBox(points, width);
}

function context2d(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2d canvas');
  return context;
}
