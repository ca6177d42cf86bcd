/** The page's requests. Every outcome is a value; nothing throws. */
import type { RecordingCard, Replay, Waveform } from '@/replay/manifest';
import { fileAddress } from '@/replay/manifest';
import type { Logged } from '@/signaling/wire.gen';

/** Why something could not be had; each has its words in the catalog, `replay:problem.<name>`. */
export type Problem = 'signed_out' | 'forbidden' | 'not_found' | 'unreachable' | 'broken';

export type Loaded<Value> = { ok: true; value: Value } | { ok: false; problem: Problem };

function problemOf(status: number): Problem {
  if (status === 401) return 'signed_out';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 400 || status === 410) return 'not_found';
  return status === 502 || status === 503 || status === 504 ? 'unreachable' : 'broken';
}

async function got<Value>(address: string, signal?: AbortSignal): Promise<Loaded<Value>> {
  try {
    const response = await fetch(address, { headers: { accept: 'application/json' }, ...(signal && { signal }) });
    if (!response.ok) return { ok: false, problem: problemOf(response.status) };
    return { ok: true, value: (await response.json()) as Value };
  } catch (error) {
    return { ok: false, problem: error instanceof SyntaxError ? 'broken' : 'unreachable' };
  }
}

function recording(id: string): string {
  return `/api/recordings/${encodeURIComponent(id)}`;
}

export async function loadList(query: string, signal?: AbortSignal): Promise<Loaded<RecordingCard[]>> {
  const loaded = await got<{ recordings: RecordingCard[] }>(`/api/recordings?q=${encodeURIComponent(query)}`, signal);
  return loaded.ok ? { ok: true, value: loaded.value.recordings } : loaded;
}

export function loadReplay(id: string): Promise<Loaded<Replay>> {
  return got(recording(id));
}

export function loadLog(id: string): Promise<Loaded<Logged[]>> {
  return got(`${recording(id)}/log`);
}

/** The loudness to draw; null where there is none: the player does without. */
export async function loadWaveform(replay: Replay): Promise<Waveform | null> {
  if (replay.waveform === null) return null;
  const loaded = await got<Waveform>(fileAddress(replay.id, replay.waveform));
  return loaded.ok ? loaded.value : null;
}
