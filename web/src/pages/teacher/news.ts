/** What assistants tell the teacher, as pieces of news that wait for her eye. Pure. */
import type { NoteSeen, ParticipantId, Person } from '@/signaling/wire.gen';

export type News =
  | { readonly kind: 'signal'; readonly id: string; readonly room: Person }
  | { readonly kind: 'note'; readonly id: string; readonly from: Person; readonly note: NoteSeen };

/** Signals that nobody has seen yet, and private lines that were not put away; the first to come first. */
export function newsOf(
  people: readonly Person[],
  notes: readonly NoteSeen[],
  me: ParticipantId,
  away: ReadonlySet<string>,
): News[] {
  const found: (News & { readonly at: number })[] = [];
  for (const room of people) {
    const { sign } = room;
    if (sign && !sign.seen && sign.signal !== 'all_fine') {
      found.push({ kind: 'signal', id: `signal ${room.id} ${sign.at}`, room, at: sign.at });
    }
  }
  for (const note of notes) {
    const from = people.find(({ id }) => id === note.by);
    const id = `note ${note.by} ${note.at}`;
    if (note.by !== me && from && !away.has(id)) found.push({ kind: 'note', id, from, note, at: note.at });
  }
  return found.sort((one, other) => one.at - other.at);
}
