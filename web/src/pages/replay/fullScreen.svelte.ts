/** Full screen, and whether the controls may leave it to the pictures: nobody has moved for a while and it plays. */
const QUIET_AFTER_MS = 3000;

export class FullScreen {
  on = $state(false);
  #still = $state(false);
  readonly #playing: () => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(playing: () => boolean) {
    this.#playing = playing;
  }

  get possible(): boolean {
    return document.fullscreenEnabled;
  }

  get quiet(): boolean {
    return this.on && this.#still && this.#playing();
  }

  toggle(element: HTMLElement): void {
    // A browser that refuses leaves the page as it is, which is all there is to say.
    if (document.fullscreenElement) void document.exitFullscreen().catch(() => {});
    else void element.requestFullscreen().catch(() => {});
  }

  /** Watches the page until the returned function is called. */
  follow(): () => void {
    const done = new AbortController();
    const { signal } = done;
    const moved = (): void => this.#moved();
    document.addEventListener('fullscreenchange', () => this.#changed(), { signal });
    for (const sign of ['pointermove', 'pointerdown', 'keydown']) document.addEventListener(sign, moved, { signal });
    return () => {
      done.abort();
      clearTimeout(this.#timer);
    };
  }

  #changed(): void {
    this.on = document.fullscreenElement !== null;
    this.#moved();
  }

  #moved(): void {
    this.#still = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#still = true;
    }, QUIET_AFTER_MS);
  }
}
