/** One page of the board: its objects in drawing order, found by id, and their digests. */
import { sha256 } from '@/board/sha256';
import type { BoardObject, OperationId, PageId } from '@/signaling/wire.gen';

export class Page {
  readonly objects: BoardObject[] = [];
  readonly #places = new Map<OperationId, number>();

  constructor(readonly id: PageId) {}

  get(id: OperationId): BoardObject | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.objects[place];
  }

  /** Adds the object on top, or puts it in the place of the one with the same id. */
  put(object: BoardObject): void {
    const place = this.#places.get(object.id);
    if (place !== undefined) {
      this.objects[place] = object;
      return;
    }
    this.#places.set(object.id, this.objects.length);
    this.objects.push(object);
  }
}

/** Digests by points, which an object keeps for ever. */
const digests = new WeakMap<BoardObject['points'], string>();

/** SHA-256 of what is to be seen of an object. */
export function digest(object: BoardObject): string {
  const known = digests.get(object.points);
  if (known) return known;
  const made = sha256(JSON.stringify([object.id, object.by, object.colour, object.width, object.points]));
  digests.set(object.points, made);
  return made;
}

/** It has been digested before. */
export function isDigested(object: BoardObject): boolean {
  return digests.has(object.points);
}

export function isVisible(object: BoardObject): boolean {
  return object.hidden_by.length === 0;
}
