/**
 * The tracks this page sends from its own devices. A device that is pulled out is opened again as soon as it, or another of
 * its kind, is there: nobody may be near an unattended screen.
 */

import { askForBoth, choices, kindOf, open, type Use } from '@/rtc/devices';
import type { Capture, DeviceChoice } from '@/rtc/words';

export interface Captured {
  readonly capture: Capture;
  readonly track: MediaStreamTrack | null;
}

const OFF: Captured = { capture: { state: 'off' }, track: null };

export class Captures {
  readonly #changed: (use: Use, captured: Captured) => void;
  readonly #chosen: (choices: Record<'audioinput' | 'videoinput', DeviceChoice[]>) => void;
  readonly #held = new Map<Use, Captured>();
  readonly #stop = new AbortController();

  constructor(
    changed: (use: Use, captured: Captured) => void,
    chosen: (choices: Record<'audioinput' | 'videoinput', DeviceChoice[]>) => void,
  ) {
    this.#changed = changed;
    this.#chosen = chosen;
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.#plugged(), { signal: this.#stop.signal });
  }

  get(use: Use): Captured {
    return this.#held.get(use) ?? OFF;
  }

  /** Opens microphone and camera; one may fail without the other. */
  async openBoth(): Promise<void> {
    for (const use of ['microphone', 'camera'] as const)
      if (!this.get(use).track) this.#put(use, { capture: { state: 'asking' }, track: null });
    await askForBoth();
    await Promise.all(
      (['microphone', 'camera'] as const).filter((use) => !this.get(use).track).map((use) => this.open(use)),
    );
  }

  /** Opens the device with this id, else the remembered one, in place of the one that runs. */
  async open(use: Use, id?: string): Promise<void> {
    const before = this.get(use).track;
    if (!before) this.#put(use, { capture: { state: 'asking' }, track: null });
    const opened = await open(use, id);
    if (this.#stop.signal.aborted) {
      if (opened.ok) opened.track.stop();
      return;
    }
    if (!opened.ok) this.#put(use, { capture: { state: 'failed', problem: opened.problem }, track: null });
    else this.#run(use, opened.track);
    before?.stop();
    await this.#list();
  }

  off(use: Use): void {
    this.get(use).track?.stop();
    this.#put(use, OFF);
  }

  close(): void {
    this.#stop.abort();
    for (const { track } of this.#held.values()) track?.stop();
    this.#held.clear();
  }

  #run(use: Use, track: MediaStreamTrack): void {
    track.addEventListener('ended', () => this.#ended(use, track), { signal: this.#stop.signal });
    const deviceId = track.getSettings().deviceId ?? '';
    this.#put(use, { capture: { state: 'live', label: track.label, deviceId }, track });
  }

  #ended(use: Use, track: MediaStreamTrack): void {
    if (this.get(use).track === track)
      this.#put(use, { capture: { state: 'failed', problem: 'missing' }, track: null });
  }

  #put(use: Use, captured: Captured): void {
    this.#held.set(use, captured);
    this.#changed(use, captured);
  }

  async #plugged(): Promise<void> {
    await this.#list();
    for (const [use, { capture }] of this.#held) {
      const lost = capture.state === 'failed' && (capture.problem === 'missing' || capture.problem === 'busy');
      if (lost && (await choices(kindOf(use))).length > 0) await this.open(use);
    }
  }

  async #list(): Promise<void> {
    this.#chosen({ audioinput: await choices('audioinput'), videoinput: await choices('videoinput') });
  }
}
