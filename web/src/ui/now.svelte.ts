/** The wall clock of this device, moving once a second while a component uses it. */
export class Now {
  ms = $state(Date.now());
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    this.#timer = setInterval(() => {
      this.ms = Date.now();
    }, 1000);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
