/** Tells the server every few seconds how this screen is, and hears its time and whether the timetable changed. */
import { send } from '@/api/send';
import { within } from '@/api/within';
import { ReportLine } from '@/pages/classroom/reportLine';
import type { DeviceProblem } from '@/rtc/words';

type PartNow = 'ok' | 'unknown' | DeviceProblem;

/** The parts of a report that the page knows; the rest is the same for every page. */
export interface ScreenNow {
  readonly camera: PartNow;
  readonly microphone: PartNow;
  readonly sound: 'ok' | 'blocked' | 'unknown';
  readonly level: number | null;
  readonly lesson: string | null;
  /** How many are plugged in; told between lessons, when it is looked. */
  readonly cameras?: number;
  readonly rung: string | null;
  /** Told only while it plays what it missed. */
  readonly catching_up?: true;
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

/** So that the server hears from the screen within 15 s, and so does who asked for its page to be loaded anew. */
const EVERY_MS = 14_000;
const ANSWER_WITHIN_MS = 8_000;

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #line = new ReportLine();
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
    const report = this.#told(now);
    let began = performance.now();
    const said = await this.#line.ask(report);
    if (said === null) began = performance.now(); // the request's own time, not that of a line which had died
    const answer = said === null ? await this.#post(report) : (JSON.parse(said) as Heard);
    if (this.#closed) return;
    if (answer === 'refused') return this.#options.refused();
    if (answer !== null) {
      const tookMs = performance.now() - began;
      this.#rttMs = Math.round(tookMs);
      this.#build ??= answer.build; // this page came from the build that answered it first
      this.#options.heard(answer, tookMs);
      if (!this.#closed) this.#line.open();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.report(), EVERY_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#line.close();
  }

  #told(now: ScreenNow): string {
    const ratio = window.devicePixelRatio || 1;
    return JSON.stringify({
      kind: 'page',
      version: this.#build ?? '',
      width: Math.round(window.screen.width * ratio),
      height: Math.round(window.screen.height * ratio),
      clock_ms: Date.now(),
      rtt_ms: this.#rttMs,
      ...now,
    });
  }

  async #post(report: string): Promise<Heard | 'refused' | null> {
    try {
      const response = await send('/api/devices/health', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        signal: within(ANSWER_WITHIN_MS),
        body: report,
      });
      if (response.status === 401) return 'refused';
      return response.ok ? ((await response.json()) as Heard) : null;
    } catch {
      return null; // no line, or a server that restarts: the next report finds it again
    }
  }
}

/** What is there: the first of each kind, and how many cameras. */
export type Plugged = Pick<ScreenNow, 'camera' | 'microphone' | 'cameras'>;

/** Between lessons nothing is opened, for nobody is to be watched then: it is only looked what is plugged in. */
export async function pluggedIn(): Promise<Plugged> {
  if (!navigator.mediaDevices) return { camera: 'insecure', microphone: 'insecure' };
  const devices = await navigator.mediaDevices.enumerateDevices();
  const cameras = devices.filter(({ kind }) => kind === 'videoinput').length;
  return {
    camera: await partOf('camera', cameras > 0),
    cameras,
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
