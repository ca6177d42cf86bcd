/**
 * Which pointers may work on the board. Pure: time and contact are arguments.
 *
 * A pen has priority: while one is down, or was seen within PEN_RULES_MS, touch is a resting hand and is ignored; a touch
 * that began just before the pen came down was the hand too, and what it drew is taken back. Without a pen each finger is
 * a pointer of its own, so two pupils can draw at once; a contact as broad as a palm is ignored. Nothing a second pointer
 * does ends, tears or bends the stroke of the first.
 */

export const PEN_RULES_MS = 1_000;
/** A touch this young when a pen lands was the heel of the hand arriving first. */
export const HAND_FIRST_MS = 400;
/** Contacts broader than this, in CSS pixels, are palms. On 75-inch boards a finger covers some 20. */
export const PALM_PX = 60;

export type PointerKind = 'mouse' | 'pen' | 'touch';

export interface Contact {
  readonly id: number;
  readonly kind: PointerKind;
  /** Breadth of the contact in CSS pixels; 1 for a mouse or pen. */
  readonly breadth: number;
}

interface Down {
  readonly kind: PointerKind;
  readonly sinceMs: number;
}

export type Admission = { admitted: boolean; takeBack: readonly number[] };

export class PointerRules {
  readonly #down = new Map<number, Down>();
  #penSeenMs = -Infinity;

  /** A pointer landed: may it work, and which pointers must be taken back because of it? */
  land(contact: Contact, nowMs: number): Admission {
    if (contact.kind === 'pen') return this.#penLands(contact, nowMs);
    if (contact.kind === 'touch' && (this.#penRules(nowMs) || contact.breadth > PALM_PX)) {
      return { admitted: false, takeBack: [] };
    }
    this.#down.set(contact.id, { kind: contact.kind, sinceMs: nowMs });
    return { admitted: true, takeBack: [] };
  }

  /** A pointer that is down moved; false when it has turned out to be a palm and must be taken back. */
  move(contact: Contact, nowMs: number): boolean {
    const down = this.#down.get(contact.id);
    if (!down) return false;
    if (down.kind === 'pen') this.#penSeenMs = nowMs;
    const palm = down.kind === 'touch' && contact.breadth > PALM_PX && nowMs - down.sinceMs < HAND_FIRST_MS;
    if (palm) this.#down.delete(contact.id);
    return !palm;
  }

  /** A pen hovers: the hand may land any moment. */
  hover(kind: PointerKind, nowMs: number): void {
    if (kind === 'pen') this.#penSeenMs = nowMs;
  }

  lift(id: number, nowMs: number): void {
    if (this.#down.get(id)?.kind === 'pen') this.#penSeenMs = nowMs;
    this.#down.delete(id);
  }

  #penLands(contact: Contact, nowMs: number): Admission {
    const takeBack: number[] = [];
    for (const [id, down] of this.#down) {
      if (down.kind === 'touch' && nowMs - down.sinceMs < HAND_FIRST_MS) takeBack.push(id);
    }
    for (const id of takeBack) this.#down.delete(id);
    this.#penSeenMs = nowMs;
    this.#down.set(contact.id, { kind: 'pen', sinceMs: nowMs });
    return { admitted: true, takeBack };
  }

  #penRules(nowMs: number): boolean {
    for (const down of this.#down.values()) if (down.kind === 'pen') return true;
    return nowMs - this.#penSeenMs < PEN_RULES_MS;
  }
}
