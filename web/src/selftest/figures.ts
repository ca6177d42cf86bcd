/** The figures of a self-test as the server takes them (server/devices/measurements.py), and its answer. */
import type { DeviceProblem, MediaWay } from '@/rtc/words';
import type { PictureFigures } from './picture';
import type { SoundFigures } from './sound';

export interface CameraSeen extends Partial<PictureFigures> {
  readonly trouble?: DeviceProblem;
  readonly width?: number;
  readonly height?: number;
  readonly upright?: number | null;
  readonly turned?: number | null;
}

export interface MicrophoneHeard extends Partial<SoundFigures> {
  readonly trouble?: DeviceProblem;
}

export interface LoopHeard {
  readonly played: boolean;
  readonly heard_db?: number;
  readonly delay_ms?: number | null;
  readonly echo_db?: number | null;
}

export interface LineSeen {
  readonly rtt_ms: number;
  readonly down_kbps: number;
  readonly up_kbps: number;
  readonly media: MediaWay | 'none';
  /** Whether media come about by this way alone; null where it was not tried. */
  readonly udp: boolean | null;
  readonly tcp: boolean | null;
  readonly relay: boolean | null;
}

export interface ScreenSeen {
  readonly width: number;
  readonly height: number;
  readonly letters: number;
}

export interface SelfTestFigures {
  readonly by: 'hand' | 'itself';
  readonly took_ms: number;
  readonly clock_ms: number;
  readonly camera: CameraSeen;
  readonly microphone: MicrophoneHeard;
  readonly loop: LoopHeard | null;
  readonly line: LineSeen | null;
  readonly screen: ScreenSeen;
}

export interface Fault {
  readonly code: string;
  readonly severity: 'amber' | 'red';
}

/** The parts of a self-test, in the order they are shown. */
export const PARTS = ['camera', 'microphone', 'speaker', 'line', 'screen'] as const;
export type Part = (typeof PARTS)[number];

/** Which part of a device a fault is of. */
export function partOf(code: string): string {
  return code.slice(0, code.indexOf('.'));
}

/** `disk` and `clock` faults stand with the screen: they are of the machine behind it. */
export function shownWith(part: Part, faults: readonly Fault[]): Fault[] {
  return faults.filter(({ code }) => partOf(code) === part || (part === 'screen' && !isPart(partOf(code))));
}

function isPart(word: string): word is Part {
  return (PARTS as readonly string[]).includes(word);
}
