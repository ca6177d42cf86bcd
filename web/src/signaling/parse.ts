/** A frame of the wire. */
import type { FromServer } from '@/signaling/wire.gen';

/** The message, or null: not of this protocol, and the caller ends the connection. */
export function parse(text: string): FromServer | null {
  try {
    return JSON.parse(text) as FromServer;
  } catch {
    return null;
  }
}
