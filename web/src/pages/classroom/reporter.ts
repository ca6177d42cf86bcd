/** Tells the server every few seconds how this screen is, and hears its time and whether the timetable changed. */
import type { DeviceProblem } from '@/rtc/words';

type PartNow = 'ok' | 'unknown' | DeviceProblem;

/** The parts of a report that the page knows; the rest is the same for every page. */
export interface ScreenNow {
  readonly camera: PartNow;
  readonly microphone: PartNow;
  readonly sound: 'ok' | 'blocked' | 'unknown';
  readonly level: number | null;
  readonly lesson: string | null;
  readonly rung: string | null;
}

/** The server's answer (server/api/device_reports.py). */
export interface Heard {
  readonly now_ms: number;
  readonly zone: string;
  readonly build: string;
  readonly timetable: string;
  readonly reload: boolean;
}

export interface ReporterOptions {
  readonly now: () => Promise<ScreenNow>;
  readonly heard: (answer: Heard, tookMs: number) => void;
  /** The key is no longer good: the device was revoked, or paired anew elsewhere. */
  readonly refused: () => void;
}

/** Within the 15 s that the server keeps a connection open for the next request: a handshake costs more than a report. */
const EVERY_MS = 14_000;
const ANSWER_WITHIN_MS = 8_000;

export class Reporter {
  readonly #options: ReporterOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #build: string | null = null;
  #rttMs: number | null = null;
  #closed = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
    void this.report();
  }

  /** Reports now, and again after a while. */
  async report(): Promise<void> {
    clearTimeout(this.#timer);
    const now = await this.#options.now();
    if (this.#closed) return;
    const began = performance.now();
    const answer = await this.#post(now);
    if (this.#closed) return;
    if (answer === 'refused') return this.#options.refused();
    if (answer !== null) {
      const tookMs = performance.now() - began;
      this.#rttMs = Math.round(tookMs);
      this.#build ??= answer.build; // this page came from the build that answered it first
      this.#options.heard(answer, tookMs);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.report(), EVERY_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #post(now: ScreenNow): Promise<Heard | 'refused' | null> {
    const ratio = window.devicePixelRatio || 1;
    try {
      const response = await fetch('/api/devices/health', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        body: JSON.stringify({
          kind: 'page',
          version: this.#build ?? '',
          width: Math.round(window.screen.width * ratio),
          height: Math.round(window.screen.height * ratio),
          clock_ms: Date.now(),
          rtt_ms: this.#rttMs,
          ...now,
        }),
      });
      if (response.status === 401) return 'refused';
      return response.ok ? ((await response.json()) as Heard) : null;
    } catch {
      return null; // no line, or a server that restarts: the next report finds it again
    }
  }
}

/** Between lessons nothing is opened, for nobody is to be watched then: it is only looked what is plugged in. */
export async function pluggedIn(): Promise<{ camera: PartNow; microphone: PartNow }> {
  if (!navigator.mediaDevices) return { camera: 'insecure', microphone: 'insecure' };
  const devices = await navigator.mediaDevices.enumerateDevices();
  return {
    camera: await partOf(
      'camera',
      devices.some(({ kind }) => kind === 'videoinput'),
    ),
    microphone: await partOf(
      'microphone',
      devices.some(({ kind }) => kind === 'audioinput'),
    ),
  };
}

async function partOf(name: 'camera' | 'microphone', there: boolean): Promise<PartNow> {
  if (!there) return 'missing';
  try {
    const { state } = await navigator.permissions.query({ name: name as PermissionName });
    return state === 'denied' ? 'denied' : 'ok';
  } catch {
    return 'ok'; // this browser does not tell
  }
}
