/**
 * Many media elements, one clock. `conduct` looks at all of them and says what each is to do: pure, so that drift,
 * stalls and slow seeks are tested without a browser. The lead's element is the master while it plays: sound is never
 * bent to fit. The others follow it (sync.ts). An essential element that has run dry holds everything until it is ready.
 */
import * as clock from '@/replay/clock';
import { correct, SEEK_OVER_MS, type SeekPast, type Target, wentTo } from '@/replay/sync';

export interface Reading {
  readonly id: string;
  /** On the recording's timeline. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly atMs: number;
  readonly rate: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  readonly audible: boolean;
  /** Has the next frame (HAVE_FUTURE_DATA). */
  readonly ready: boolean;
  readonly failed: boolean;
  readonly master: boolean;
  readonly essential: boolean;
  readonly past: SeekPast;
}

export interface Order {
  readonly id: string;
  readonly play: boolean;
  readonly rate: number;
  readonly seekToMs: number | null;
}

export type Phase = 'paused' | 'playing' | 'buffering' | 'ended';

export interface Decision {
  readonly clock: clock.Clock;
  readonly phase: Phase;
  readonly orders: readonly Order[];
}

/** A part that begins this soon is already put to its first frame. */
const AHEAD_MS = 10_000;
/** Within this of its end an element is done: files end a frame before or after their stated length. */
const TAIL_MS = 120;

export function conduct(
  was: clock.Clock,
  wanted: boolean,
  readings: readonly Reading[],
  nowMs: number,
  durationMs: number,
): Decision {
  const atMs = clock.position(was, nowMs);
  if (wanted && atMs >= durationMs) return ended(was, readings, nowMs, durationMs);
  const playing = readings.filter((reading) => plays(reading, atMs));
  const dry = playing.filter((reading) => reading.essential && !readyAt(reading, was, atMs));
  const running = wanted && dry.length === 0;
  const kept = running ? going(was, playing, nowMs) : clock.hold(was, nowMs);
  const target = { atMs: clock.position(kept, nowMs), rate: kept.rate, running, still: !wanted };
  const phase: Phase = running ? 'playing' : wanted ? 'buffering' : 'paused';
  return { clock: kept, phase, orders: readings.map((reading) => order(reading, target, wanted)) };
}

function plays(reading: Reading, atMs: number): boolean {
  return !reading.failed && atMs >= reading.fromMs && atMs < reading.toMs - TAIL_MS;
}

/** Has its next frame, and that frame is the one wanted: a clock just moved waits for the elements to get there. */
function readyAt(reading: Reading, was: clock.Clock, atMs: number): boolean {
  const there = was.running || Math.abs(reading.atMs - atMs) <= SEEK_OVER_MS || wentTo(reading.past, atMs);
  return reading.ready && !reading.seeking && there;
}

function going(was: clock.Clock, playing: readonly Reading[], nowMs: number): clock.Clock {
  const master = playing.find((reading) => reading.master);
  if (!was.running) return clock.run(was, nowMs);
  return master ? clock.steer(was, master.atMs, nowMs) : was;
}

function order(reading: Reading, target: Target, wanted: boolean): Order {
  const { id } = reading;
  if (!plays(reading, target.atMs)) return { id, play: false, rate: target.rate, seekToMs: prepared(reading, target) };
  // The clock follows the master, so while both run there is nothing to put right in it.
  if (reading.master && target.running) return { id, play: true, rate: target.rate, seekToMs: null };
  const { rate, seekToMs, wait } = correct(reading, target, reading.past);
  // One that has run dry keeps its wish to play: some browsers fetch only for an element that wants to.
  const play = (target.running && !wait) || (wanted && !reading.ready && !reading.seeking);
  return { id, play, rate, seekToMs };
}

/** Where an element that is not to play yet should stand, when it does not stand there. */
function prepared(reading: Reading, target: { atMs: number }): number | null {
  const soon = target.atMs < reading.fromMs && reading.fromMs - target.atMs < AHEAD_MS;
  return soon && !reading.seeking && Math.abs(reading.atMs - reading.fromMs) > 1 ? reading.fromMs : null;
}

function ended(was: clock.Clock, readings: readonly Reading[], nowMs: number, durationMs: number): Decision {
  return {
    clock: clock.moveTo(clock.hold(was, nowMs), durationMs, nowMs),
    phase: 'ended',
    orders: readings.map(({ id }) => ({ id, play: false, rate: was.rate, seekToMs: null })),
  };
}
