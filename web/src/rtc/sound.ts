/**
 * The sound of the slots: one media element each. Never Web Audio, whose output the browser's echo canceller does not hear
 *, and in a classroom the loudspeaker stands beside the microphone.
 */

/** Loud enough to notice that one is spoken to, low enough to listen to something else. */
const LOWERED = 0.15;

export class SlotSound {
  readonly #elements: HTMLAudioElement[];
  readonly #blocked: (blocked: boolean) => void;
  readonly #stop = new AbortController();

  /** slots: how many; blocked: told when the browser refuses to play until somebody touches the page. */
  constructor(slots: number, blocked: (blocked: boolean) => void) {
    this.#blocked = blocked;
    this.#elements = Array.from({ length: slots }, (_, slot) => {
      const element = document.createElement('audio');
      element.dataset.slot = String(slot);
      document.body.append(element);
      return element;
    });
    for (const type of ['pointerdown', 'keydown'] as const) {
      window.addEventListener(type, () => void this.play(), { signal: this.#stop.signal });
    }
  }

  /**
   * Plays these tracks, one per slot, from now on. Each goes into a fresh stream: Chromium 156 never starts an element whose
   * stream was empty when it got it.
   */
  carry(tracks: readonly MediaStreamTrack[]): void {
    for (const [slot, element] of this.#elements.entries()) {
      const track = tracks[slot];
      element.srcObject = track ? new MediaStream([track]) : null;
    }
    void this.play();
  }

  /** Only slots with a seat that has sound are heard; an emptied slot stays silent. */
  hear(slots: ReadonlySet<number>): void {
    for (const [slot, element] of this.#elements.entries()) element.muted = !slots.has(slot);
  }

  /** Lowers everything while something else is listened to; a phone that cannot plays on as before. */
  lower(low: boolean): void {
    for (const element of this.#elements) element.volume = low ? LOWERED : 1;
  }

  /** Plays what is not playing yet. */
  async play(): Promise<void> {
    const results = await Promise.allSettled(this.#elements.filter(waits).map((element) => element.play()));
    const refused = results.some(
      (result) =>
        result.status === 'rejected' && result.reason instanceof Error && result.reason.name === 'NotAllowedError',
    );
    this.#blocked(refused);
  }

  close(): void {
    this.#stop.abort();
    for (const element of this.#elements) {
      element.srcObject = null;
      element.remove();
    }
  }
}

function waits(element: HTMLAudioElement): boolean {
  return element.srcObject !== null && element.paused;
}
