/** A screen without a key asks for a code, shows it, and waits until somebody gave it a room. */
import { send } from '@/api/send';
import { within } from '@/api/within';

/** What the server draws for a code: a square of modules, the dark ones as one SVG path. */
export interface Qr {
  readonly size: number;
  readonly path: string;
}

export interface Code {
  readonly code: string;
  readonly url: string;
  readonly qr: Qr;
  readonly claim: string;
  readonly lifetime_ms: number;
}

export type Answer = 'waiting' | 'paired' | 'expired' | 'unreachable';

const ANSWER_WITHIN_MS = 8_000;

/** A code, or null when the server cannot be reached or has too many screens waiting. */
export async function askCode(): Promise<Code | null> {
  return (await post('/api/devices/code', { kind: 'page' })) as Code | null;
}

/** Whether the screen has a room now; with `paired` this browser has its key. */
export async function claim(code: Code): Promise<Answer> {
  const answer = (await post('/api/devices/claim', { claim: code.claim })) as { state: Answer } | null;
  return answer?.state ?? 'unreachable';
}

/** A code in two groups of four, as it is read aloud. */
export function grouped(code: string): string {
  return `${code.slice(0, 4)} ${code.slice(4)}`;
}

async function post(path: string, body: object): Promise<unknown> {
  try {
    const response = await send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      signal: within(ANSWER_WITHIN_MS),
      body: JSON.stringify(body),
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
