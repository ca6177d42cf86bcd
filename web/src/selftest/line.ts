/** The line to the server for a self-test: how far, how wide both ways, and over what media comes. */
import { within } from '@/api/within';
import { Peer } from '@/rtc/peer';
import { read } from '@/rtc/stats';
import { SEND_LINES } from '@/signaling/wire.gen';
import type { LineSeen } from './figures';

const ROUNDS = 5;
const PROBE_MS = 3_000;
const CHUNK = 64 * 1_024;
const MEDIA_WITHIN_MS = 8_000;
const ANSWER_WITHIN_MS = 5_000;
/** A line that carries more, as one within a machine does, is told as this wide (server/devices/measurements.py). */
const WIDEST_KBPS = 10_000_000;

/** Null when the server does not answer: then there is no line. */
export async function measureLine(): Promise<LineSeen | null> {
  try {
    const rtt_ms = await roundTrip();
    const down_kbps = await down();
    const up_kbps = await up();
    return { rtt_ms, down_kbps, up_kbps, media: await media() };
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
      const response = await fetch('/api/devices/probe', { method: 'POST', body, signal });
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

/** Opens a connection as for a lesson, which carries nothing, and sees over what it came about. */
async function media(): Promise<LineSeen['media']> {
  let connected: (value: boolean) => void = () => undefined;
  const change = new Promise<boolean>((resolve) => {
    connected = resolve;
  });
  const peer = new Peer(0, (state) => {
    if (state === 'connected') connected(true);
    if (state === 'failed') connected(false);
  });
  const timer = setTimeout(() => connected(false), MEDIA_WITHIN_MS);
  try {
    const nothing = Object.fromEntries(SEND_LINES.map((source) => [source, null]));
    const sdp = await peer.offer(nothing as Parameters<Peer['offer']>[0]);
    const response = await fetch('/api/devices/media', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sdp }),
    });
    if (!response.ok) return 'none';
    await peer.accept(((await response.json()) as { sdp: string }).sdp);
    return (await change) ? (read((await peer.stats()).values(), new Map(), 0).way ?? 'none') : 'none';
  } finally {
    clearTimeout(timer);
    peer.close();
  }
}
