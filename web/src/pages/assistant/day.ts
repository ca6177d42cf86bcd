/** Which room an assistant is in and which lesson it is in now, by value. */
import type { RoomNow } from '@/api/schema.gen';
import { lessonFor, nextFor } from '@/pages/classroom/itinerary';
import type { LessonToday } from '@/ui/api';

/** Her room: the one she chose, or the only one there is; null: she has to choose. */
export function roomOf(rooms: readonly RoomNow[], chosen: string | null): RoomNow | null {
  return rooms.find(({ id }) => id === chosen) ?? (rooms.length === 1 ? (rooms[0] ?? null) : null);
}

/** The lesson her room is in now, or goes into soon, and the one after that. */
export function dayOf(
  lessons: readonly LessonToday[],
  room: string,
  nowMs: number,
): { readonly now: LessonToday | null; readonly next: LessonToday | null } {
  const own = lessons.filter(({ classrooms }) => classrooms.some(({ id }) => id === room));
  const now = lessonFor(own, nowMs);
  const others = own.filter(({ lesson }) => lesson.id !== now?.lesson.id);
  return { now, next: nextFor(others, nowMs) };
}

/** Whether a screen of the room plays what it missed of this lesson, by its own word. */
export function catchingUp(room: RoomNow, lesson: string | null): boolean {
  return room.devices.some(({ online, health }) => online && health?.catching_up === true && health.lesson === lesson);
}

/** The room's screen in words: the worst state, and the faults that have names. */
export function healthOf(room: RoomNow): { readonly state: RoomNow['state']; readonly faults: readonly string[] } {
  return { state: room.state, faults: room.faults.map(({ code }) => code) };
}
