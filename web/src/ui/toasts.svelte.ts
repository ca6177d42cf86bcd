/** One line of news that goes away by itself, with at most one thing to do about it. */
export type Toast = {
  readonly id: number;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
};

const SHOWN_MS = 7_000;
const AT_ONCE = 3;

/**
 * The toasts of one page, newest last; the oldest gives way when there are too many. None goes away under somebody's
 * finger or while the keyboard is on it (WCAG 2.2, 2.2.1).
 */
export class Toasts {
  items = $state.raw<readonly Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #spans = new Map<number, number>();

  /** Returns the toast's id, with which it can be dismissed early. */
  show(text: string, action?: Toast['action'], forMs: number = SHOWN_MS): number {
    const toast: Toast = { id: this.#next++, text, ...(action && { action }) };
    const gone = this.items.slice(0, Math.max(0, this.items.length + 1 - AT_ONCE));
    for (const old of gone) this.dismiss(old.id);
    this.items = [...this.items, toast];
    this.#spans.set(toast.id, forMs);
    this.release(toast.id);
    return toast.id;
  }

  /** Stays as long as somebody is at it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  /** Its time begins, or begins anew. */
  release(id: number): void {
    const span = this.#spans.get(id);
    if (span === undefined) return;
    this.hold(id);
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), span),
    );
  }

  dismiss(id: number): void {
    this.hold(id);
    this.#spans.delete(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}
