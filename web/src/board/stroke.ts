/** One stroke in the making: collects points, thins them, says what to send. Pure but for the data it holds. */
import { simulatedPressure } from '@/board/ink';
import { thinned } from '@/board/thin';
import type { Colour, DrawStroke, Ink, OperationId, PageId } from '@/signaling/wire.gen';

/** The wire's limit for one stroke; a longer one goes on as the next. */
export const MAX_POINTS = 2_000;
/** The wire's limit for one piece of an unfinished stroke. */
const MAX_INK_POINTS = 200;
/** Points nearer than this to the last one, in board units, say nothing: a pixel is 5 units on a 1920 wide board. */
const NEAR = 5;

export interface Pen {
  readonly page: PageId;
  readonly colour: Colour;
  readonly width: number;
}

export interface Sample {
  readonly x: number;
  readonly y: number;
  /** 0..1, or null from a pointer without pressure. */
  readonly pressure: number | null;
}

/** Where simulated pressure starts: between slow and fast, so that no stroke begins with a blob. */
const FIRST_SIMULATED = 180;
const LEAST = -10_000;
const MOST = 20_000;

export class StrokeInProgress {
  readonly id: OperationId;
  readonly pen: Pen;
  readonly points: number[] = [];
  #sent = 0;

  constructor(id: OperationId, pen: Pen, first: Sample) {
    this.id = id;
    this.pen = pen;
    this.#push(first, first.pressure === null ? FIRST_SIMULATED : first.pressure * 255);
  }

  /** No room for another point. */
  get full(): boolean {
    return this.points.length >= MAX_POINTS * 3;
  }

  /** The last point, from which a stroke that was too long goes on. */
  get last(): Sample {
    const [x, y, pressure] = this.points.slice(-3) as [number, number, number];
    return { x, y, pressure: pressure / 255 };
  }

  /** Adds a point; false when it says nothing new. `last` forces it in, however near: the stroke ends where the pointer did. */
  add(sample: Sample, last = false): boolean {
    const [x, y, pressure] = this.points.slice(-3) as [number, number, number];
    const distance = Math.hypot(sample.x - x, sample.y - y);
    if (this.full || distance === 0 || (distance < NEAR && !last)) return false;
    this.#push(
      sample,
      sample.pressure === null ? simulatedPressure(pressure, distance, this.pen.width) : sample.pressure * 255,
    );
    return true;
  }

  /** The points not yet sent, as a message; null when there are none. */
  takeInk(): Ink | null {
    const start = this.#sent;
    const points = this.points.slice(start * 3, (start + MAX_INK_POINTS) * 3);
    if (points.length === 0) return null;
    this.#sent += points.length / 3;
    return { type: 'ink', id: this.id, ...this.pen, start, points };
  }

  /** What everybody keeps of it: the points that its shape needs. */
  finish(): DrawStroke {
    return { type: 'draw_stroke', id: this.id, ...this.pen, points: thinned(this.points, this.pen.width) };
  }

  #push(sample: Sample, pressure: number): void {
    this.points.push(within(sample.x), within(sample.y), Math.round(Math.min(255, Math.max(0, pressure))));
  }
}

function within(value: number): number {
  return Math.round(Math.min(MOST, Math.max(LEAST, value)));
}
