/**
 * The sound of the slots: one media element each. Never Web Audio, whose output the browser's echo canceller does not hear
 *, and in a classroom the loudspeaker stands beside the microphone.
 */

export class SlotSound {
  readonly #elements: HTMLAudioElement[];
  readonly #blocked: (blocked: boolean) => void;
  readonly #stop = new AbortController();

  /** streams: one per slot; blocked: told when the browser refuses to play until somebody touches the page. */
  constructor(streams: readonly MediaStream[], blocked: (blocked: boolean) => void) {
    this.#blocked = blocked;
    this.#elements = streams.map((stream, slot) => {
      const element = document.createElement('audio');
      element.dataset.slot = String(slot);
      element.srcObject = stream;
      document.body.append(element);
      return element;
    });
    for (const type of ['pointerdown', 'keydown'] as const) {
      window.addEventListener(type, () => void this.play(), { signal: this.#stop.signal });
    }
  }

  /** Only slots with a seat that has sound are heard; an emptied slot stays silent. */
  hear(slots: ReadonlySet<number>): void {
    for (const [slot, element] of this.#elements.entries()) element.muted = !slots.has(slot);
  }

  /** Plays what is not playing; after new tracks, and on any touch. */
  async play(): Promise<void> {
    const results = await Promise.allSettled(this.#elements.filter(hasSound).map((element) => element.play()));
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

/** An element without a track never starts to play, and its promise never settles. */
function hasSound(element: HTMLAudioElement): boolean {
  return element.srcObject instanceof MediaStream && element.srcObject.getTracks().length > 0 && element.paused;
}
