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

/**
 * Whether this page hears nothing of the server, by either of its lines: it cannot know then whether the lesson is
 * recorded. A server that said it stops records nothing, whatever still arrives.
 */
export function outOfTouch({
  connection,
  media,
  turnedAway,
}: Pick<Lesson, 'connection' | 'media' | 'turnedAway'>): boolean {
  if (connection.phase === 'open' || connection.phase === 'closed') return false;
  return turnedAway === 'draining' || media !== 'playing';
}
