/**
 * The committed ink of one page, kept as a bitmap.
 *
 * `update` compares what is drawn with what should be: new strokes are drawn on top, a stroke hidden or shown again
 * repaints only its own box, and anything else starts over. Long work is done in slices, so that input and pictures never wait.
 */
import { type Box, boxAround, boxesMeet, inkBox, inkPath } from '@/board/ink';
import type { BoardObject, OperationId } from '@/signaling/wire.gen';

const SLICE_MS = 12;
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
  readonly #scale: number;
  readonly #later: Later;
  readonly #onDone: () => void;
  readonly #drawn: Drawn[] = [];
  readonly #ids = new Set<OperationId>();
  #target: readonly BoardObject[] = [];
  #hidden: ReadonlySet<OperationId> = new Set();
  #cancel: (() => void) | null = null;

  /** width, height: of the bitmap in pixels; scale: pixels per board unit; onDone: everything asked for is drawn. */
  constructor(width: number, height: number, scale: number, later: Later, onDone: () => void) {
    this.canvas = document.createElement('canvas');
    this.canvas.width = width;
    this.canvas.height = height;
    const context = this.canvas.getContext('2d');
    if (!context) throw new Error('no 2d canvas');
    this.#context = context;
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

  /** Clears the box and draws again what meets it, in order. The clip lies on whole pixels, so its edge leaves no seam. */
  #repaint(box: Box): void {
    const context = this.#context;
    const [left, top] = [Math.floor(box.left * this.#scale), Math.floor(box.top * this.#scale)];
    const [right, bottom] = [Math.ceil(box.right * this.#scale), Math.ceil(box.bottom * this.#scale)];
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    context.clearRect(left, top, right - left, bottom - top);
    for (const drawn of this.#drawn)
      if (drawn.visible && boxesMeet(shapeOf(drawn.object).box, box)) this.#fill(drawn.object);
    context.restore();
  }

  #fill(object: BoardObject): void {
    this.#context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    this.#context.fillStyle = object.colour;
    this.#context.fill(shapeOf(object).path);
  }

  #slice(): void {
    this.#cancel = null;
    const until = performance.now() + SLICE_MS;
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
    this.#onDone();
  }
}
