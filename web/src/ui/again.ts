/** Why there is no line to the lesson, where it is the server's own doing: then nobody has to look at a cable. */
import type { Lesson } from '@/room/interface';

const OWN = ['internal', 'draining'];

/** The catalog's keys of what to say, or null where the line is there, or the network is what is missing. */
export function serversOwn({ connection, turnedAway }: Pick<Lesson, 'connection' | 'turnedAway'>): {
  readonly title: string;
  readonly text: string;
} | null {
  if (connection.phase === 'open' || connection.phase === 'closed') return null;
  if (turnedAway === null || !OWN.includes(turnedAway)) return null;
  return { title: `core:again.${turnedAway}.title`, text: `core:again.${turnedAway}.text` };
}

/** Whether the server stopped, and has not come back yet: nothing is heard, and nothing recorded, anywhere. */
export function serverStopped({ connection, turnedAway }: Pick<Lesson, 'connection' | 'turnedAway'>): boolean {
  return turnedAway === 'draining' && connection.phase !== 'open' && connection.phase !== 'closed';
}
