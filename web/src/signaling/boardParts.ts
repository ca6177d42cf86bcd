/** A snapshot whose board comes in parts (docs/protocol.md, P25 to P27): each is inflated in its turn, and receipted. */
import { inflated } from '@/signaling/packing';
import { parse } from '@/signaling/parse';
import type { FromServer, Snapshot } from '@/signaling/wire.gen';

export interface BoardPartsOptions {
  readonly receipt: (parts: number) => void;
  readonly took: (message: FromServer) => void;
  /** What came is none of this board's parts, or never came: the line begins anew. */
  readonly broken: () => void;
}

export class BoardParts {
  readonly #options: BoardPartsOptions;
  /** The snapshot's number, and how many of its parts have come; null when all have. */
  #parts: { readonly number: number; came: number } | null = null;
  /** The page that was asked for beside the line, until the whole board is there. */
  #ahead: Promise<ArrayBuffer | null> | null;
  /** Parts are inflated one after the other. */
  #inflating: Promise<void> = Promise.resolve();

  constructor(ahead: Promise<ArrayBuffer | null> | null, options: BoardPartsOptions) {
    this.#ahead = ahead;
    this.#options = options;
  }

  /** The board that is here has gaps. */
  get missing(): boolean {
    return this.#parts !== null;
  }

  /** The first part comes beside the line. */
  get ahead(): boolean {
    return this.#ahead !== null;
  }

  /** `current`: the line that brought the snapshot still stands. */
  begin({ state, parts, ahead }: Snapshot, current: () => boolean): void {
    this.#parts = parts ? { number: state.number, came: 0 } : null;
    if (ahead) void this.#takeAhead(current);
    else this.#ahead = null;
  }

  /** A part of the board. The server sends the next one when it hears of it. */
  take(data: ArrayBuffer, current: () => boolean): void {
    this.#inflating = this.#inflating.then(async () => {
      const message = parse(await inflated(data).catch(() => ''));
      if (!current()) return;
      if (message?.type !== 'board_part' && message?.type !== 'board_history') {
        this.#options.broken();
      } else if (this.#parts && message.number === this.#parts.number) {
        this.#parts.came += 1;
        this.#options.receipt(this.#parts.came);
        if (message.type === 'board_history') this.#parts = this.#ahead = null;
        this.#options.took(message);
      }
    });
  }

  /** The first part, as if it had come by the line. Without it the line begins anew, and brings all by itself. */
  async #takeAhead(current: () => boolean): Promise<void> {
    const data = await this.#ahead;
    if (!current()) return;
    if (data) this.take(data, current);
    else {
      this.#ahead = null;
      this.#options.broken();
    }
  }
}
