/** The page of the board that is shown, asked for over HTTP while a WebSocket is being made (docs/protocol.md, P27). */
import { within } from '@/api/within';

/** It comes as fast as a thin line takes it, or the WebSocket brings it. */
const WITHIN_MS = 20_000;

/** The first part of the board; null where the WebSocket brings it as quickly, or nothing came. */
export async function pageShown(lesson: string, screen: 'a' | 'b'): Promise<ArrayBuffer | null> {
  try {
    const signal = within(WITHIN_MS);
    const answer = await fetch(`/api/lessons/${encodeURIComponent(lesson)}/page?screen=${screen}`, { signal });
    return answer.status === 200 ? await answer.arrayBuffer() : null;
  } catch {
    return null; // the WebSocket says what is wrong
  }
}
