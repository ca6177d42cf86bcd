/** What the teacher's first page shows, as data: the one next lesson, the days ahead, a lesson of her own. Pure. */
import type { Choices, GridLesson, LessonForm, SeatForm } from '@/api/schema.gen';
import { isOpen, type LessonToday } from '@/ui/api';
import { addDays, dayOf } from '@/ui/days';

/** The lesson to go to now: one that runs, else the next one planned; a missed one is nobody's next action. */
export function nextOf(lessons: readonly LessonToday[]): LessonToday | null {
  return lessons.find(({ state }) => state === 'live') ?? lessons.find(({ state }) => state === 'planned') ?? null;
}

/** Whether a lesson leads somewhere: into the class, or to its recording. */
export function leadsOn({ state, recording_id }: LessonToday): 'class' | 'replay' | null {
  if (isOpen(state)) return 'class';
  return recording_id ? 'replay' : null;
}

export interface Ahead {
  readonly day: string;
  readonly lessons: readonly GridLesson[];
}

/** The days after today with lessons, at most `days` of them ahead. */
export function daysAhead(lessons: readonly GridLesson[], zone: string, nowMs: number, days = 7): Ahead[] {
  const today = dayOf(nowMs, zone);
  const last = addDays(today, days);
  const byDay = new Map<string, GridLesson[]>();
  for (const lesson of lessons) {
    const day = dayOf(lesson.start_ms, zone);
    if (today < day && day <= last) byDay.set(day, [...(byDay.get(day) ?? []), lesson]);
  }
  return [...byDay]
    .map(([day, found]) => ({ day, lessons: found }))
    .sort((one, other) => (one.day < other.day ? -1 : 1));
}

/** A lesson begun on the spot, as far as it is chosen. `rooms` are remote ones. */
export interface OwnLesson {
  readonly communityId: string;
  readonly subjectId: string;
  readonly rooms: readonly string[];
  readonly mode: 'blended' | 'delivery';
}

/** Her latest lesson in a community before now, else the next one: what she usually does there. */
function usual(lessons: readonly GridLesson[], communityId: string, nowMs: number): GridLesson | null {
  const there = lessons.filter((lesson) => lesson.community_id === communityId);
  return there.findLast((lesson) => lesson.start_ms <= nowMs) ?? there[0] ?? null;
}

/** What a lesson in this community is to begin with: rooms and mode as usual, else one room of each teaching point. */
export function ownLesson(
  choices: Choices,
  lessons: readonly GridLesson[],
  communityId: string,
  nowMs: number,
): OwnLesson {
  const before = usual(lessons, communityId, nowMs);
  const points = choices.communities.find(({ id }) => id === communityId)?.schools.slice(1) ?? [];
  const first = points.flatMap((school) => choices.rooms.find((room) => room.school_id === school)?.id ?? []);
  const known = before?.rooms.filter(({ joined_as }) => joined_as === 'planned').map(({ id }) => id) ?? [];
  const rooms = known.length > 0 ? known : first;
  return { communityId, subjectId: '', rooms, mode: before?.mode ?? 'delivery' };
}

/** The community she last taught in comes first. */
export function communityFirst(choices: Choices, lessons: readonly GridLesson[], nowMs: number): string {
  const last = lessons.findLast((lesson) => lesson.start_ms <= nowMs) ?? lessons[0];
  const known = choices.communities.find(({ id }) => id === last?.community_id) ?? choices.communities[0];
  return known?.id ?? '';
}

/** Subjects she teaches before the others. */
export function subjectsFirst(choices: Choices, lessons: readonly GridLesson[]): Choices['subjects'] {
  const taught = new Set(lessons.map(({ subject_id }) => subject_id));
  return [...choices.subjects].sort((one, other) => Number(taught.has(other.id)) - Number(taught.has(one.id)));
}

/** The request for it. The classes are those of the usual lesson in the same rooms, else the ones at home there. */
export function formOf(own: OwnLesson, choices: Choices, lessons: readonly GridLesson[], nowMs: number): LessonForm {
  const before = usual(lessons, own.communityId, nowMs);
  const leadRoom = before?.lead_room_id ?? null;
  const inRooms = new Set([...own.rooms, ...(own.mode === 'blended' && leadRoom ? [leadRoom] : [])]);
  const sat = before?.classes.filter(({ room_id }) => inRooms.has(room_id)) ?? [];
  const told = new Set(sat.map(({ room_id }) => room_id));
  const atHome = choices.classes.filter(
    ({ classroom_id }) => classroom_id && inRooms.has(classroom_id) && !told.has(classroom_id),
  );
  const classes: SeatForm[] = [
    ...sat.map(({ id, room_id }) => ({ class_id: id, classroom_id: room_id })),
    ...atHome.map(({ id, classroom_id }) => ({ class_id: id, classroom_id: classroom_id ?? '' })),
  ];
  return {
    community_id: own.communityId,
    lead_room_id: leadRoom,
    rooms: [...own.rooms],
    classes,
    subject_id: own.subjectId,
    mode: own.mode,
    origin: 'self_initiated',
  };
}
