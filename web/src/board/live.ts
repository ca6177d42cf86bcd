/** What moves on the board before it is committed: unfinished strokes of anybody, own strokes on their way, lasers. */
import { inkPath } from '@/board/ink';
import type { Colour, Ink, LaserSeen, OperationId, PageId, ParticipantId } from '@/signaling/wire.gen';

/** A stroke without news for so long is dropped: its author's line broke while it was drawn. */
const STALE_MS = 8_000;
/** The laser of an author who went silent. */
const LASER_STALE_MS = 2_000;
const LASER_COLOUR = '#e0201b';
const LASER_RADIUS = 55; // board units

interface LiveStroke {
  readonly page: PageId;
  readonly colour: Colour;
  readonly width: number;
  points: number[];
  /** Own strokes stay until their event has come back; the others' time out. */
  readonly own: boolean;
  finished: boolean;
  newsMs: number;
  path: Path2D | null;
}

interface LiveLaser {
  readonly x: number;
  readonly y: number;
  readonly newsMs: number;
}

export class LiveInk {
  readonly #strokes = new Map<OperationId, LiveStroke>();
  readonly #lasers = new Map<ParticipantId, LiveLaser>();

  /** Somebody else's points. A piece that overlaps replaces; after a lost piece the stroke goes on from where it was. */
  seen(ink: Ink, nowMs: number): void {
    const held = this.#strokes.get(ink.id)?.points ?? [];
    this.#put(ink.id, ink, [...held.slice(0, ink.start * 3), ...ink.points], false, false, nowMs);
  }

  /** The own stroke as it is now: all its points so far. */
  own(stroke: Omit<Ink, 'type' | 'start'>, finished: boolean, nowMs: number): void {
    this.#put(stroke.id, stroke, stroke.points, true, finished, nowMs);
  }

  #put(
    id: OperationId,
    ink: Omit<Ink, 'type' | 'start' | 'id'>,
    points: number[],
    own: boolean,
    finished: boolean,
    nowMs: number,
  ): void {
    const { page, colour, width } = ink;
    this.#strokes.set(id, { page, colour, width, points, own, finished, newsMs: nowMs, path: null });
  }

  /** The stroke is committed, refused or given up. */
  drop(id: OperationId): void {
    this.#strokes.delete(id);
  }

  laser(seen: Omit<LaserSeen, 'type'>, nowMs: number): void {
    if (seen.x === null || seen.y === null) this.#lasers.delete(seen.by);
    else this.#lasers.set(seen.by, { x: seen.x, y: seen.y, newsMs: nowMs });
  }

  /** Drops what `committed` has drawn and what went stale; true while anything is left to watch. */
  settle(committed: (id: OperationId) => boolean, nowMs: number): boolean {
    for (const [id, stroke] of this.#strokes) {
      const stale = !stroke.own && nowMs - stroke.newsMs > STALE_MS;
      if (stale || committed(id)) this.#strokes.delete(id);
    }
    for (const [by, laser] of this.#lasers) if (nowMs - laser.newsMs > LASER_STALE_MS) this.#lasers.delete(by);
    return this.#strokes.size + this.#lasers.size > 0;
  }

  /** Draws everything live of `page`; `context` is in board units already. */
  draw(context: CanvasRenderingContext2D, page: PageId): void {
    for (const stroke of this.#strokes.values()) {
      if (stroke.page !== page) continue;
      stroke.path ??= inkPath(stroke.points, stroke.width, stroke.finished);
      context.fillStyle = stroke.colour;
      context.fill(stroke.path);
    }
    for (const laser of this.#lasers.values()) drawLaser(context, laser);
  }
}

function drawLaser(context: CanvasRenderingContext2D, { x, y }: LiveLaser): void {
  context.fillStyle = `${LASER_COLOUR}40`;
  context.beginPath();
  context.arc(x, y, LASER_RADIUS * 2, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = LASER_COLOUR;
  context.beginPath();
  context.arc(x, y, LASER_RADIUS, 0, 2 * Math.PI);
  context.fill();
}
