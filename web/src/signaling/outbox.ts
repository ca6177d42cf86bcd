/** Operations on their way: kept, in order, until the log or a refusal has answered each. Pure: time is an argument. */
import type { FromClient, FromServer, OperationId } from '@/signaling/wire.gen';

/** A message that carries its own id: sending it twice has the effect of once. */
export type Operation = Exclude<Extract<FromClient, { id: OperationId }>, { type: 'ink' }>;

/** More than a lesson's worth of writing during ten minutes without a line. */
export const OUTBOX_LIMIT = 2_000;
/** Below the server's allowance (docs/protocol.md), so that a long queue comes through without a refusal. */
const BURST = 100;
const PER_SECOND = 40;

export class Outbox {
  readonly #waiting = new Map<OperationId, Operation>();
  #sent = new Set<OperationId>();
  #allowance = BURST;
  #countedMs = 0;

  /** False when it is full: the operation is refused, nothing is lost silently. */
  add(operation: Operation): boolean {
    if (this.#waiting.size >= OUTBOX_LIMIT) return false;
    this.#waiting.set(operation.id, operation);
    return true;
  }

  /** A new connection: everything unanswered is to be sent again. */
  restart(): void {
    this.#sent = new Set();
  }

  /** What to send now, oldest first. */
  take(nowMs: number): Operation[] {
    this.#allowance = Math.min(BURST, this.#allowance + ((nowMs - this.#countedMs) * PER_SECOND) / 1_000);
    this.#countedMs = nowMs;
    const taken: Operation[] = [];
    for (const operation of this.#waiting.values()) {
      if (this.#sent.has(operation.id)) continue;
      if (this.#allowance < 1) break;
      this.#allowance -= 1;
      this.#sent.add(operation.id);
      taken.push(operation);
    }
    return taken;
  }

  /** Something waits for its turn. */
  get pending(): boolean {
    return this.#sent.size < this.#waiting.size;
  }

  /** Nothing is unanswered. */
  get empty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Takes out what `message` answers. */
  answered(message: FromServer): void {
    if (message.type === 'event' && 'id' in message.event) this.#forget(message.event.id);
    if (message.type !== 'refused' || !message.id) return;
    if (message.code === 'too_fast') this.#sent.delete(message.id);
    else this.#forget(message.id);
  }

  #forget(id: OperationId): void {
    this.#waiting.delete(id);
    this.#sent.delete(id);
  }
}

export function isOperation(message: FromClient): message is Operation {
  return 'id' in message && message.type !== 'ink';
}
