/**
 * Pointer Events on the board's field, turned into strokes, erasures and the laser.
 *
 * One stroke per pointer; coalesced events give every point the digitiser saw; a cancelled pointer finishes its stroke
 * instead of losing it (Pointer Events Level 3, sections 4.1.3.4 and 10.1).
 */

import { type Pen, type Sample, StrokeInProgress } from '@/board/stroke';
import type { BoardTool } from '@/board/tool';
import { type Contact, type PointerKind, PointerRules } from '@/board/touch';
import type { DrawStroke, Ink, OperationId } from '@/signaling/wire.gen';

/** How often an unfinished stroke and the laser are sent. */
export const SEND_EVERY_MS = 33;

/** What the pointers need from the board, and what they tell it. */
export interface PointerSink {
  /** Null while nothing may be drawn. */
  pen(): Pen | null;
  tool(): BoardTool;
  newId(): OperationId;
  toBoard(clientX: number, clientY: number): { x: number; y: number };
  /** The own stroke has new points; `finished` is its last news. */
  drawn(stroke: StrokeInProgress, finished: boolean): void;
  /** The stroke was a hand, not a pen: forget it. */
  takenBack(id: OperationId): void;
  sendInk(ink: Ink): void;
  sendStroke(stroke: DrawStroke): void;
  /** The eraser went along this line, in board units. */
  erase(x0: number, y0: number, x1: number, y1: number): void;
  /** The eraser was lifted: send what it touched. */
  eraseEnd(): void;
  laser(point: { x: number; y: number } | null): void;
}

type Work = { kind: 'pen'; stroke: StrokeInProgress } | { kind: 'eraser'; x: number; y: number } | { kind: 'laser' };

/** Buttons bit of a pen's eraser end (Pointer Events Level 3, section 4.1.1.2). */
const ERASER_BUTTON = 32;

export class PointerWork {
  readonly #sink: PointerSink;
  readonly #rules = new PointerRules();
  readonly #work = new Map<number, Work>();
  #sentMs = -Infinity;

  constructor(sink: PointerSink) {
    this.#sink = sink;
  }

  down(event: PointerEvent): boolean {
    if (event.pointerType === 'mouse' && event.button !== 0) return false;
    const { admitted, takeBack } = this.#rules.land(contact(event), event.timeStamp);
    for (const id of takeBack) this.#takeBack(id);
    if (!admitted) return false;
    const work = this.#begin(event);
    if (work) this.#work.set(event.pointerId, work);
    return work !== null;
  }

  /** event: as dispatched; samples: its coalesced events, or itself. */
  move(event: PointerEvent, samples: readonly PointerEvent[]): void {
    const work = this.#work.get(event.pointerId);
    if (!work) {
      this.#rules.hover(kindOf(event), event.timeStamp);
      return;
    }
    if (!this.#rules.move(contact(event), event.timeStamp)) {
      this.#takeBack(event.pointerId);
      return;
    }
    for (const sample of samples) this.#follow(event.pointerId, sample, false);
    this.#tell(event.timeStamp);
  }

  /** Lifted, cancelled or lost: each finishes what the pointer was doing. */
  up(event: PointerEvent): void {
    const work = this.#work.get(event.pointerId);
    if (!work) return;
    // A cancelled pointer's last event has no position of its own.
    if (event.type === 'pointerup') this.#follow(event.pointerId, event, true);
    this.#rules.lift(event.pointerId, event.timeStamp);
    this.#finish(event.pointerId);
  }

  /** The right to draw is gone, or the page turned: finish what is under way. */
  finishAll(): void {
    for (const id of [...this.#work.keys()]) this.#finish(id);
  }

  #begin(event: PointerEvent): Work | null {
    const pen = this.#sink.pen();
    if (!pen) return null;
    const tool = this.#sink.tool();
    const { x, y } = this.#sink.toBoard(event.clientX, event.clientY);
    const kind = (event.buttons & ERASER_BUTTON) !== 0 ? 'eraser' : tool.kind;
    if (kind === 'laser') {
      this.#sink.laser({ x, y });
      return { kind };
    }
    if (kind === 'eraser') {
      this.#sink.erase(x, y, x, y);
      return { kind, x, y };
    }
    const stroke = new StrokeInProgress(this.#sink.newId(), pen, { x, y, pressure: pressure(event) });
    this.#sink.drawn(stroke, false);
    return { kind: 'pen', stroke };
  }

  #follow(id: number, event: PointerEvent, last: boolean): void {
    const work = this.#work.get(id);
    const { x, y } = this.#sink.toBoard(event.clientX, event.clientY);
    if (work?.kind === 'pen')
      this.#extend(id, work.stroke, { x, y, pressure: last ? work.stroke.last.pressure : pressure(event) }, last);
    else if (work?.kind === 'eraser') {
      this.#sink.erase(work.x, work.y, x, y);
      this.#work.set(id, { kind: 'eraser', x, y });
    } else if (work?.kind === 'laser' && !last && event.timeStamp - this.#sentMs >= SEND_EVERY_MS)
      this.#sink.laser({ x, y });
  }

  #extend(id: number, stroke: StrokeInProgress, sample: Sample, last: boolean): void {
    if (stroke.full) {
      this.#finish(id);
      const next = new StrokeInProgress(this.#sink.newId(), stroke.pen, stroke.last);
      this.#work.set(id, { kind: 'pen', stroke: next });
      this.#extend(id, next, sample, last);
      return;
    }
    if (stroke.add(sample, last)) this.#sink.drawn(stroke, false);
  }

  /** Sends what is new of every unfinished stroke, SEND_EVERY_MS apart. */
  #tell(nowMs: number): void {
    if (nowMs - this.#sentMs < SEND_EVERY_MS) return;
    this.#sentMs = nowMs;
    for (const work of this.#work.values()) {
      const ink = work.kind === 'pen' ? work.stroke.takeInk() : null;
      if (ink) this.#sink.sendInk(ink);
    }
  }

  #finish(id: number): void {
    const work = this.#work.get(id);
    this.#work.delete(id);
    switch (work?.kind) {
      case 'pen':
        this.#sink.drawn(work.stroke, true);
        this.#sink.sendStroke(work.stroke.finish());
        break;
      case 'eraser':
        this.#sink.eraseEnd();
        break;
      case 'laser':
        this.#sink.laser(null);
        break;
      default:
        break;
    }
  }

  #takeBack(id: number): void {
    const work = this.#work.get(id);
    if (work?.kind === 'pen') {
      this.#work.delete(id);
      this.#sink.takenBack(work.stroke.id);
    } else this.#finish(id);
  }
}

function kindOf(event: PointerEvent): PointerKind {
  return event.pointerType === 'pen' || event.pointerType === 'touch' ? event.pointerType : 'mouse';
}

function contact(event: PointerEvent): Contact {
  const kind = kindOf(event);
  return { id: event.pointerId, kind, breadth: kind === 'touch' ? Math.max(event.width, event.height) : 1 };
}

/** Only pens measure pressure: a mouse reports 0.5 and most touch screens 0, 0.5 or 1 whatever happens. */
function pressure(event: PointerEvent): number | null {
  return event.pointerType === 'pen' && event.pressure > 0 ? event.pressure : null;
}

/** Listens on the field; returns how to stop. */
export function listen(stage: HTMLElement, work: PointerWork): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  stage.style.touchAction = 'none';
  stage.style.userSelect = 'none';
  stage.addEventListener(
    'pointerdown',
    (event) => {
      if (!work.down(event)) return;
      event.preventDefault();
      stage.setPointerCapture(event.pointerId);
    },
    options,
  );
  stage.addEventListener('pointermove', (event) => work.move(event, samplesOf(event)), options);
  for (const type of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
    stage.addEventListener(type, (event) => work.up(event), options);
  }
  stage.addEventListener('contextmenu', (event) => event.preventDefault(), options);
  return () => {
    stop.abort();
    work.finishAll();
  };
}

function samplesOf(event: PointerEvent): readonly PointerEvent[] {
  const samples = event.getCoalescedEvents?.() ?? [];
  return samples.length > 0 ? samples : [event];
}
