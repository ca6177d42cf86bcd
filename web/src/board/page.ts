/** One page of the board: its objects in drawing order, found by id, and their digests; the pictures beneath. */
import { sha256 } from '@/board/sha256';
import type { BoardObject, OperationId, PageId, PagePicture } from '@/signaling/wire.gen';

export class Page {
  readonly objects: BoardObject[] = [];
  /** In the order in which they were put. */
  readonly pictures: PagePicture[] = [];
  readonly #places = new Map<OperationId, number>();

  constructor(readonly id: PageId) {}

  get(id: OperationId): BoardObject | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.objects[place];
  }

  picture(id: OperationId): PagePicture | undefined {
    return this.pictures.find((picture) => picture.id === id);
  }

  /** Who hides an object or a picture; undefined where it is not on this page. */
  hiders(id: OperationId): readonly OperationId[] | undefined {
    return (this.picture(id) ?? this.get(id))?.hidden_by;
  }

  /** From now on these operations hide it. */
  hide(id: OperationId, hiddenBy: OperationId[]): void {
    const place = this.pictures.findIndex((picture) => picture.id === id);
    const [picture, object] = [this.pictures[place], this.get(id)];
    if (picture) this.pictures[place] = { ...picture, hidden_by: hiddenBy };
    else if (object) this.put({ ...object, hidden_by: hiddenBy });
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

/** What is shown beneath the ink: the latest picture that nothing hides. */
export function pictureOf(page: { readonly pictures: readonly PagePicture[] }): PagePicture | null {
  return page.pictures.findLast(isVisible) ?? null;
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

export function isVisible(object: { readonly hidden_by: readonly OperationId[] }): boolean {
  return object.hidden_by.length === 0;
}
