/** Finds the strokes under the eraser: a grid of cells over the board, each holding the strokes that pass through it. */
import { inkBox } from '@/board/ink';
import type { BoardObject } from '@/signaling/wire.gen';

const CELL = 250; // board units: about 40 x 23 cells
const COLUMNS = 128; // keys stay unique for coordinates of -10000..20000

/** Strokes of one page by place. Strokes are added in drawing order and never removed: visibility is asked at the query. */
export class HitGrid {
  readonly #cells = new Map<number, Set<BoardObject['id']>>();
  readonly #objects = new Map<BoardObject['id'], BoardObject>();

  /** Adds the strokes not yet held, and takes the newer form of those that are. */
  update(objects: readonly BoardObject[]): void {
    for (const object of objects) {
      if (!this.#objects.has(object.id)) this.#place(object);
      this.#objects.set(object.id, object);
    }
  }

  /** Ids of strokes whose ink comes within `radius` of the line from (x0, y0) to (x1, y1); board units. */
  hits(x0: number, y0: number, x1: number, y1: number, radius: number): BoardObject['id'][] {
    const near = new Set<BoardObject['id']>();
    this.#visit(
      Math.min(x0, x1) - radius,
      Math.min(y0, y1) - radius,
      Math.max(x0, x1) + radius,
      Math.max(y0, y1) + radius,
      (key) => {
        for (const id of this.#cells.get(key) ?? []) near.add(id);
      },
    );
    return [...near].filter((id) => {
      const object = this.#objects.get(id);
      return object !== undefined && touches(object, x0, y0, x1, y1, radius);
    });
  }

  #place(object: BoardObject): void {
    const { points, width } = object;
    const last = Math.max(0, points.length - 6);
    for (let i = 0; i <= last; i += 3) {
      const box = inkBox(points.slice(i, i + 6), width / 2);
      this.#visit(box.left, box.top, box.right, box.bottom, (key) => {
        const cell = this.#cells.get(key);
        if (cell) cell.add(object.id);
        else this.#cells.set(key, new Set([object.id]));
      });
    }
  }

  #visit(left: number, top: number, right: number, bottom: number, visit: (key: number) => void): void {
    for (let row = Math.floor(top / CELL); row <= Math.floor(bottom / CELL); row += 1) {
      for (let column = Math.floor(left / CELL); column <= Math.floor(right / CELL); column += 1) {
        visit(row * COLUMNS + column);
      }
    }
  }
}

function touches(object: BoardObject, x0: number, y0: number, x1: number, y1: number, radius: number): boolean {
  const { points, width } = object;
  const reach = (radius + width / 2) ** 2;
  for (let i = 0; i + 2 < points.length; i += 3) {
    const [ax, ay] = [points[i] as number, points[i + 1] as number];
    const [bx, by] = [points[i + 3] ?? ax, points[i + 4] ?? ay];
    if (segmentsSquared(ax, ay, bx, by, x0, y0, x1, y1) <= reach) return true;
  }
  return false;
}

/** Squared distance between two line segments. */
export function segmentsSquared(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): number {
  if (cross(ax, ay, bx, by, cx, cy, dx, dy)) return 0;
  return Math.min(
    toSegment(ax, ay, cx, cy, dx, dy),
    toSegment(bx, by, cx, cy, dx, dy),
    toSegment(cx, cy, ax, ay, bx, by),
    toSegment(dx, dy, ax, ay, bx, by),
  );
}

function side(ax: number, ay: number, bx: number, by: number, px: number, py: number): number {
  return Math.sign((bx - ax) * (py - ay) - (by - ay) * (px - ax));
}

function cross(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): boolean {
  return (
    side(ax, ay, bx, by, cx, cy) * side(ax, ay, bx, by, dx, dy) < 0 &&
    side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) < 0
  );
}

function toSegment(px: number, py: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / length));
  const [ex, ey] = [px - ax - along * dx, py - ay - along * dy];
  return ex * ex + ey * ey;
}
