/** A weekly lesson as somebody fills it in: what may be chosen, what is missing, and the request it becomes. Pure. */
import type {
  Choices,
  Classroom,
  CountyTimetableEntry as Entry,
  EntryForm,
  SchoolClass,
  Staff,
} from '@/api/schema.gen';
import { minuteIn, minuteText } from '@/ui/days';
import type { Period } from './week';

export type WeekRule = 'every' | 'odd' | 'even' | 'typed';

/** The form. Empty strings are what is not chosen yet; `period` `own` is a time of its own. */
export interface Draft {
  readonly communityId: string;
  readonly subjectId: string;
  readonly title: string;
  readonly leadId: string;
  readonly leadRoomId: string;
  readonly mode: 'blended' | 'delivery';
  readonly weekday: number;
  readonly period: string;
  readonly starts: string;
  readonly ends: string;
  readonly weekRule: WeekRule;
  readonly weeks: string;
  readonly rooms: readonly string[];
  /** Class to room. */
  readonly classes: ReadonlyMap<string, string>;
}

export const MAX_ROOMS = 3;
export const OWN_TIME = 'own';
const MAX_WEEK = 60;
const RULES = { odd: `1-${MAX_WEEK} odd`, even: `1-${MAX_WEEK} even` } as const;

/** What a new lesson begins with: the cell it was asked for in, and what the grid is of. */
export interface Start {
  readonly weekday: number;
  readonly period: Period | null;
  readonly communityId?: string;
  readonly leadId?: string;
  readonly roomId?: string;
  readonly classId?: string;
}

export function newDraft(start: Start, choices: Choices): Draft {
  const one = choices.classes.find(({ id }) => id === start.classId);
  const room = start.roomId ?? one?.classroom_id ?? '';
  const school =
    one?.school_id ??
    choices.rooms.find(({ id }) => id === room)?.school_id ??
    choices.teachers.find(({ id }) => id === start.leadId)?.school_id;
  const fitting = choices.communities.filter(
    ({ id, schools }) => (start.communityId ?? id) === id && (!school || schools.includes(school)),
  );
  const blank: Draft = {
    communityId: '',
    subjectId: '',
    title: '',
    leadId: start.leadId ?? '',
    leadRoomId: '',
    mode: 'blended',
    weekday: start.weekday,
    period: start.period ? String(start.period.period) : '',
    starts: '',
    ends: '',
    weekRule: 'every',
    weeks: '',
    rooms: [],
    classes: new Map(),
  };
  const only = fitting.length === 1 ? fitting[0] : undefined;
  const draft = only ? withCommunity(blank, only.id, choices) : blank;
  const remote = only?.schools.slice(1).includes(school ?? '') && room !== '';
  return remote && !draft.rooms.includes(room)
    ? toggleRoom({ ...draft, rooms: [], classes: new Map() }, room, choices)
    : draft;
}

/** Another community: its teaching points' rooms, one of each, take part to begin with. */
export function withCommunity(draft: Draft, communityId: string, choices: Choices): Draft {
  const points = choices.communities.find(({ id }) => id === communityId)?.schools.slice(1) ?? [];
  const first = points.flatMap((point) => choices.rooms.find(({ school_id }) => school_id === point)?.id ?? []);
  const kept = leadsIn(communityId, choices).some(({ id }) => id === draft.leadId);
  const bare = { ...draft, communityId, leadId: kept ? draft.leadId : '', rooms: [], classes: new Map() };
  const seated = first.slice(0, MAX_ROOMS).reduce((made, room) => toggleRoom(made, room, choices), bare as Draft);
  return withLead(seated, seated.leadId, choices);
}

/** Another teacher: the room of her school that is not taken by another school's lesson is hers to choose. */
export function withLead(draft: Draft, leadId: string, choices: Choices): Draft {
  const school = choices.teachers.find(({ id }) => id === leadId)?.school_id;
  const own = choices.rooms.filter(({ school_id }) => school_id === school);
  const keeps = own.some(({ id }) => id === draft.leadRoomId);
  const only = own.length === 1 ? own[0] : undefined;
  const room = keeps ? draft.leadRoomId : (only?.id ?? '');
  return withLeadRoom({ ...draft, leadId }, room, choices);
}

/** Another room for the lead; the classes of the room before leave, those at home in the new one come. */
export function withLeadRoom(draft: Draft, leadRoomId: string, choices: Choices): Draft {
  const left = unseated(draft, draft.leadRoomId);
  return seatHome({ ...left, leadRoomId }, draft.mode === 'blended' ? leadRoomId : '', choices);
}

/** With or without pupils at the lead's end. */
export function withMode(draft: Draft, mode: Draft['mode'], choices: Choices): Draft {
  const next = { ...draft, mode };
  return mode === 'delivery' ? unseated(next, draft.leadRoomId) : seatHome(next, draft.leadRoomId, choices);
}

/** A remote room joins or leaves; its classes come and go with it. */
export function toggleRoom(draft: Draft, roomId: string, choices: Choices): Draft {
  if (draft.rooms.includes(roomId)) {
    return unseated({ ...draft, rooms: draft.rooms.filter((id) => id !== roomId) }, roomId);
  }
  return seatHome({ ...draft, rooms: [...draft.rooms, roomId] }, roomId, choices);
}

export function toggleClass(draft: Draft, classId: string, roomId: string): Draft {
  const classes = new Map(draft.classes);
  if (classes.get(classId) === roomId) classes.delete(classId);
  else classes.set(classId, roomId);
  return { ...draft, classes };
}

function unseated(draft: Draft, roomId: string): Draft {
  return { ...draft, classes: new Map([...draft.classes].filter(([, room]) => room !== roomId)) };
}

/** The one class at home in a room sits in it; where there are several, somebody chooses. */
function seatHome(draft: Draft, roomId: string, choices: Choices): Draft {
  const home = choices.classes.filter(({ classroom_id }) => classroom_id === roomId);
  const only = home.length === 1 ? home[0] : undefined;
  return only && roomId ? { ...draft, classes: new Map([...draft.classes, [only.id, roomId]]) } : draft;
}

/** The teachers who may lead in a community: of its schools, and the county's own people. */
export function leadsIn(communityId: string, choices: Choices): Staff[] {
  const schools = choices.communities.find(({ id }) => id === communityId)?.schools ?? [];
  return choices.teachers
    .filter(({ school_id, role }) => (school_id === null ? role === 'lead' : schools.includes(school_id)))
    .sort((one, other) => Number(other.role === 'lead') - Number(one.role === 'lead'));
}

/** The rooms that may take part from afar: of the community's schools, but those of the lead's own. */
export function remoteRooms(draft: Draft, choices: Choices): Classroom[] {
  const schools = choices.communities.find(({ id }) => id === draft.communityId)?.schools ?? [];
  const own = choices.teachers.find(({ id }) => id === draft.leadId)?.school_id ?? schools[0];
  return schools
    .filter((school) => school !== own)
    .flatMap((school) => choices.rooms.filter(({ school_id }) => school_id === school));
}

/** The classes that may sit in a room: of its school, those at home there first. */
export function classesFor(roomId: string, choices: Choices): SchoolClass[] {
  const school = choices.rooms.find(({ id }) => id === roomId)?.school_id;
  const home = (one: SchoolClass): number => Number(one.classroom_id === roomId);
  return choices.classes.filter(({ school_id }) => school_id === school).sort((one, other) => home(other) - home(one));
}

export type Missing = 'community' | 'subject' | 'lead' | 'time' | 'rooms' | 'tooManyRooms' | 'weeks';

/** What is still to be filled in, the first thing first; null when it can be asked for. */
export function missingIn(draft: Draft): Missing | null {
  if (draft.subjectId === '') return 'subject';
  if (draft.communityId === '') return 'community';
  if (draft.leadId === '') return 'lead';
  if (draft.period === '' || (draft.period === OWN_TIME && !hoursOf(draft))) return 'time';
  if (draft.rooms.length === 0) return 'rooms';
  if (draft.rooms.length > MAX_ROOMS) return 'tooManyRooms';
  return draft.weekRule === 'typed' && draft.weeks.trim() === '' ? 'weeks' : null;
}

function hoursOf({ starts, ends }: Draft): [number, number] | null {
  const [from, to] = [minuteIn(starts), minuteIn(ends)];
  return from !== null && to !== null ? [from, to] : null;
}

/** The request. */
export function formOf(draft: Draft): EntryForm {
  const hours = draft.period === OWN_TIME ? hoursOf(draft) : null;
  const { weekRule } = draft;
  return {
    community_id: draft.communityId,
    weekday: draft.weekday,
    period: draft.period === OWN_TIME ? null : Number(draft.period),
    starts_min: hours?.[0] ?? null,
    ends_min: hours?.[1] ?? null,
    weeks: weekRule === 'every' ? '' : weekRule === 'typed' ? draft.weeks.trim() : RULES[weekRule],
    subject_id: draft.subjectId,
    title: draft.title.trim(),
    lead_id: draft.leadId,
    lead_room_id: draft.leadRoomId || null,
    mode: draft.mode,
    rooms: [...draft.rooms],
    classes: [...draft.classes].map(([class_id, classroom_id]) => ({ class_id, classroom_id })),
  };
}

/** A known entry as the form shows it. */
export function draftOf(entry: Entry): Draft {
  const rule = (['odd', 'even'] as const).find((one) => entry.weeks === RULES[one]);
  return {
    communityId: entry.community_id,
    subjectId: entry.subject_id,
    title: entry.title,
    leadId: entry.lead_id,
    leadRoomId: entry.lead_room_id ?? '',
    mode: entry.mode,
    weekday: entry.weekday,
    period: entry.period === null ? OWN_TIME : String(entry.period),
    starts: entry.starts_min === null ? '' : minuteText(entry.starts_min),
    ends: entry.ends_min === null ? '' : minuteText(entry.ends_min),
    weekRule: entry.weeks === '' ? 'every' : (rule ?? 'typed'),
    weeks: rule ? '' : entry.weeks,
    rooms: entry.rooms,
    classes: new Map(entry.classes.map(({ class_id, classroom_id }) => [class_id, classroom_id])),
  };
}

/** A known entry as a request, to put it back. */
export function formOfEntry(entry: Entry): EntryForm {
  const { id: _, term_id: __, ...form } = entry;
  return form;
}
