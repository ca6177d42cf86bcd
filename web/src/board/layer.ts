/**
 * The committed ink of one page, kept as a bitmap.
 *
 * `update` compares what is drawn with what should be: new strokes are drawn on top, a stroke hidden or shown again
 * repaints only its own box, and anything else starts over. Long work is done in slices, so that input and pictures never wait.
 */
import { type Box, boxAround, boxesMeet, inkBox, inkPath } from '@/board/ink';
import type { BoardObject, OperationId } from '@/signaling/wire.gen';

const SLICE_MS = 40;
/** Before its first picture is complete a page has nothing better to do. */
const FIRST_SLICE_MS = 120;
/** Drawing is timed once in so many strokes. */
const STRIDE = 16;

interface Shape {
  readonly path: Path2D;
  readonly box: Box;
}

/** Paths by object, shared by every layer: an object never changes its points. */
const shapes = new WeakMap<BoardObject['points'], Shape>();

/** The path and box of an object, made once. */
export function shapeOf(object: BoardObject): Shape {
  const known = shapes.get(object.points);
  if (known) return known;
  const shape = { path: inkPath(object.points, object.width), box: inkBox(object.points, object.width) };
  shapes.set(object.points, shape);
  return shape;
}

interface Drawn {
  object: BoardObject;
  visible: boolean;
}

/** Runs `task` soon, after input and painting have had their turn; returns how to take it back. */
export type Later = (task: () => void) => () => void;

export class PageLayer {
  readonly canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #aside: CanvasRenderingContext2D | null = null;
  readonly #scale: number;
  readonly #later: Later;
  readonly #onDone: () => void;
  readonly #drawn: Drawn[] = [];
  readonly #ids = new Set<OperationId>();
  #target: readonly BoardObject[] = [];
  #hidden: ReadonlySet<OperationId> = new Set();
  #cancel: (() => void) | null = null;
  #wasComplete = false;

  /** width, height: of the bitmap in pixels; scale: pixels per board unit; onDone: everything asked for is drawn. */
  constructor(width: number, height: number, scale: number, later: Later, onDone: () => void) {
    this.#context = context2d(width, height);
    this.canvas = this.#context.canvas;
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
      box = box ? boxAround(box, shapeOf(object).box) : shapeOf(object).box;
    }
    return box;
  }

  #restart(): void {
    this.#drawn.length = 0;
    this.#ids.clear();
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * Draws again what meets the box, in order, and takes the box's pixels from it. Drawn whole on a canvas of its own: under
   * a clip the edges of ink come out one shade different, and every screen must show the same pixels.
   */
  #repaint(box: Box): void {
    const left = Math.max(0, Math.floor(box.left * this.#scale));
    const top = Math.max(0, Math.floor(box.top * this.#scale));
    const width = Math.min(this.canvas.width, Math.ceil(box.right * this.#scale)) - left;
    const height = Math.min(this.canvas.height, Math.ceil(box.bottom * this.#scale)) - top;
    if (width <= 0 || height <= 0) return;
    const aside = this.#cleared();
    const meets = ({ object, visible }: Drawn): boolean => visible && boxesMeet(shapeOf(object).box, box);
    for (const { object } of this.#drawn.filter(meets)) this.#fill(object, aside);
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(left, top, width, height);
    this.#context.drawImage(aside.canvas, left, top, width, height, left, top, width, height);
  }

  /** An empty canvas of the same size, kept for the next time. */
  #cleared(): CanvasRenderingContext2D {
    if (!this.#aside) {
      const { width, height } = this.canvas;
      this.#aside = context2d(width, height);
    }
    this.#aside.setTransform(1, 0, 0, 1, 0, 0);
    this.#aside.clearRect(0, 0, this.canvas.width, this.canvas.height);
    return this.#aside;
  }

  #fill(object: BoardObject, context = this.#context): void {
    context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    context.fillStyle = object.colour;
    context.fill(shapeOf(object).path);
  }

  #slice(): void {
    this.#cancel = null;
    const until = performance.now() + (this.#wasComplete ? SLICE_MS : FIRST_SLICE_MS);
    let count = 0;
    while (this.#drawn.length < this.#target.length) {
      const object = this.#target[this.#drawn.length] as BoardObject;
      const visible = this.#visible(object);
      if (visible) this.#fill(object);
      this.#drawn.push({ object, visible });
      this.#ids.add(object.id);
      count += 1;
      if (count % STRIDE === 0 && performance.now() > until) {
        this.#cancel = this.#later(() => this.#slice());
        return;
      }
    }
    this.#wasComplete = this.#drawn.length > 0;
    this.#onDone();
  }
}

function context2d(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2d canvas');
  return context;
}
