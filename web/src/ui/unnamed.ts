/** Rooms of a lesson for which no class is named: nobody knows whose guardians to ask, so it is not recorded. Pure. */
import type { GridLesson } from '@/api/schema.gen';

/** Lessons in which nobody is taught need name no class. */
const WITHOUT_CLASSES: readonly GridLesson['origin'][] = ['rehearsal', 'demo'];

/** Each as it is called, the remote ones in the order of their seats; `here`: what to call the teacher's own room. */
export function roomsWithoutClass(lesson: GridLesson, here: string): string[] {
  const named = new Set(lesson.classes.map(({ room_id }) => room_id));
  const asked = !WITHOUT_CLASSES.includes(lesson.origin);
  const remote = lesson.rooms
    .filter(({ id, joined_as }) => !named.has(id) && (asked || joined_as !== 'planned'))
    .map(({ school, name }) => `${school} ${name}`);
  const own = asked && lesson.mode === 'blended' && !named.has(lesson.lead_room_id ?? '');
  return own ? [here, ...remote] : remote;
}

/** How a class can be named for those rooms: by the weekly lesson, by where it usually sits, or by who is invited. */
export function waysToName(lesson: GridLesson): ('weekly' | 'own' | 'invited')[] {
  const rooms = lesson.rooms.filter(({ joined_as }) => joined_as === 'invited').map(({ id }) => id);
  const guest = rooms.some((id) => !lesson.classes.some(({ room_id }) => room_id === id));
  const others = { ...lesson, rooms: lesson.rooms.filter(({ joined_as }) => joined_as !== 'invited') };
  const own = lesson.entry_id === null ? 'own' : 'weekly';
  return [
    ...(roomsWithoutClass(others, '').length > 0 ? ([own] as const) : []),
    ...(guest ? (['invited'] as const) : []),
  ];
}
