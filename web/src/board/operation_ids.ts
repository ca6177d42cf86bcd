/** Ids for this page's operations: no other of the lesson has them, in any context, secure or not (docs/protocol.md, P12). */
import type { OperationId } from '@/signaling/wire.gen';

const OCTETS = 8;

/** One series each time a page is loaded: random before the count, so that in a late joiner's board an id weighs almost nothing. */
export class OperationIds {
  readonly #series = [...crypto.getRandomValues(new Uint8Array(OCTETS))]
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join('');
  #count = 0;

  next(): OperationId {
    this.#count += 1;
    return `${this.#series}-${this.#count}`;
  }
}
