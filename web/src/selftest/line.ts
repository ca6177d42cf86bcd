/** The line to the server for a self-test: how far, how wide both ways, and by which ways media come. */
import { send } from '@/api/send';
import { within } from '@/api/within';
import type { LineSeen } from './figures';
import { ways } from './ways';

const ROUNDS = 5;
const PROBE_MS = 3_000;
const CHUNK = 64 * 1_024;
const ANSWER_WITHIN_MS = 5_000;
/** A line that carries more, as one within a machine does, is told as this wide (server/devices/measurements.py). */
const WIDEST_KBPS = 10_000_000;

/** Null when the server does not answer: then there is no line. */
export async function measureLine(): Promise<LineSeen | null> {
  try {
    const rtt_ms = await roundTrip();
    const down_kbps = await down();
    const up_kbps = await up();
    return { rtt_ms, down_kbps, up_kbps, ...(await ways()) };
  } catch {
    return null;
  }
}

async function roundTrip(): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    const response = await fetch('/api/version', { cache: 'no-store', signal: within(ANSWER_WITHIN_MS) });
    await response.arrayBuffer();
    best = Math.min(best, performance.now() - began);
  }
  return Math.round(best);
}

async function down(): Promise<number> {
  const stop = new AbortController();
  const response = await fetch('/api/devices/probe', { cache: 'no-store', signal: stop.signal });
  if (!response.ok || !response.body) throw new Error('no probe');
  const reader = response.body.getReader();
  const began = performance.now();
  const timer = setTimeout(() => stop.abort(), PROBE_MS);
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
    }
  } catch {
    // The time is up: what came until now is the measure.
  }
  clearTimeout(timer);
  return kbps(bytes, performance.now() - began);
}

async function up(): Promise<number> {
  const body = new Uint8Array(CHUNK);
  const began = performance.now();
  let bytes = 0;
  while (performance.now() - began < PROBE_MS && bytes < 32 * CHUNK) {
    try {
      const signal = within(2 * PROBE_MS);
      const response = await send('/api/devices/probe', { method: 'POST', body, signal });
      if (!response.ok) break;
      bytes += body.length;
    } catch {
      break; // not even one piece came through in its time
    }
  }
  return kbps(bytes, performance.now() - began);
}

function kbps(bytes: number, ms: number): number {
  return Math.min(WIDEST_KBPS, Math.round((bytes * 8) / Math.max(1, ms)));
}
