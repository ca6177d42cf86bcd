/** Who only watches a lesson, by office: what its screens say of it. Pure. */
import type { Part, Person } from '@/signaling/wire.gen';

export interface Watching {
  readonly part: Part;
  readonly count: number;
}

/** Those whose line is up, by office, in the order in which they came. */
export function watching(people: readonly Person[]): Watching[] {
  const counts = new Map<Part, number>();
  for (const { role, presence, part } of people)
    if (role === 'observer' && presence === 'present') counts.set(part, (counts.get(part) ?? 0) + 1);
  return [...counts].map(([part, count]) => ({ part, count }));
}
