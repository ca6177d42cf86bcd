/**
 * The room as this page knows it: a fold over the lesson's events and the server's other messages. Pure.
 *
 * The board is not here: it is folded by `@/board/state`. A new message or event in the wire breaks the build of this file
 * until it is handled.
 */
import type { RoomNow } from '@/room/interface';
import type {
  AnyEvent,
  BoardChecked,
  CoverAsk,
  FromServer,
  LessonCard,
  LinkSeen,
  Logged,
  NoteSeen,
  ParticipantId,
  Person,
  Role,
  View,
  Welcome,
} from '@/signaling/wire.gen';

export interface Lesson {
  readonly you: { readonly id: ParticipantId; readonly role: Role } | null;
  readonly card: LessonCard | null;
  readonly room: RoomNow | null;
  readonly view: View;
  readonly levels: Readonly<Record<ParticipantId, number>>;
  readonly links: Readonly<Record<ParticipantId, LinkSeen>>;
  readonly boardChecks: Readonly<Record<ParticipantId, BoardChecked>>;
  /** Private lines between an assistant and the lead, oldest first; the last ones. */
  readonly notes: readonly NoteSeen[];
  /** Classes that ask the lead to sit in. */
  readonly covers: readonly CoverAsk[];
  /**
   * Lesson time from which the lead is recorded without a break, as far as this page was told: after a restart, from her
   * return. Infinity while she is awaited.
   */
  readonly recordedFromMs: number;
}

/** A page remembers so many private lines; nobody else remembers any. */
const NOTES_KEPT = 50;

export const BEFORE: Lesson = {
  you: null,
  card: null,
  room: null,
  view: { type: 'view', stage: 'waiting', seats: [] },
  levels: {},
  links: {},
  boardChecks: {},
  notes: [],
  covers: [],
  recordedFromMs: 0,
};

/** The second window of a classroom is its owner's id and this. */
const SECOND_SCREEN = '.b';

/** The lesson after one more message. Those that concern media, the board's live ink or the socket change nothing here. */
export function after(lesson: Lesson, message: FromServer): Lesson {
  switch (message.type) {
    case 'welcome':
      return welcomed(lesson, message);
    case 'snapshot': {
      const { board: _, ...room } = message.state;
      return { ...lesson, room };
    }
    case 'event':
      return lesson.room ? recorded({ ...lesson, room: afterEvent(lesson.room, message) }, message) : lesson;
    case 'view':
      return { ...lesson, view: message };
    case 'level_seen':
      return { ...lesson, levels: { ...lesson.levels, [message.by]: message.value } };
    case 'link_seen':
      return { ...lesson, links: { ...lesson.links, [message.participant]: message } };
    case 'board_checked':
      return { ...lesson, boardChecks: { ...lesson.boardChecks, [message.participant]: message } };
    case 'roster':
      return lesson.room ? { ...lesson, room: { ...lesson.room, people: message.people } } : lesson;
    case 'note_seen':
      return { ...lesson, notes: [...lesson.notes, message].slice(-NOTES_KEPT) };
    case 'covers':
      return { ...lesson, covers: message.asked };
    case 'board_part':
    case 'board_history':
    case 'answer':
    case 'layers':
    case 'ink_seen':
    case 'laser_seen':
    case 'catch_up':
    case 'pong':
    case 'refused':
    case 'goodbye':
      return lesson;
    default:
      return message satisfies never;
  }
}

/**
 * Who is who may have changed since we were here; what they did since is told by the events that follow. A page that holds
 * nothing starts from everybody at the door: either all events follow, or a snapshot.
 */
function welcomed(lesson: Lesson, { you, role, lesson: card, people }: Welcome): Lesson {
  const held = new Map(lesson.room?.people.map((person) => [person.id, person]));
  const roster = people.map((now) => {
    const person = held.get(now.id) ?? atDoor(now);
    const { role, school, name, colour, part, beside } = now;
    return { ...person, role, school, name, colour, part, beside };
  });
  const room = lesson.room ?? empty(card);
  // Who asks to sit in is told anew, and only if somebody does.
  return { ...lesson, covers: [], you: { id: you, role }, card, room: { ...room, people: roster } };
}

function atDoor(person: Person): Person {
  return {
    ...person,
    presence: 'expected',
    live: [],
    hand: false,
    hand_at: null,
    quality: 'good',
    rung: 'full',
    sign: null,
    present_count: null,
  };
}

function empty(card: LessonCard): RoomNow {
  return {
    number: 0,
    phase: 'waiting',
    mode: card.mode,
    talk: 'listen',
    floor: null,
    recording: false,
    recording_reason: '',
    started_at: null,
    people: [],
  };
}

/** Of what a recording that has just begun did not see nobody can be told; nor of what the lead was not there for. */
function recorded(lesson: Lesson, { event, at }: Logged): Lesson {
  const lead = lesson.room?.people.find(({ role }) => role === 'lead');
  if (event.type === 'recording_changed' && event.on) {
    return { ...lesson, recordedFromMs: lead?.presence === 'present' ? at : Number.POSITIVE_INFINITY };
  }
  const back = (event.type === 'back' || event.type === 'joined') && event.participant === lead?.id;
  return back && lesson.recordedFromMs > at ? { ...lesson, recordedFromMs: at } : lesson;
}

/** The room after one more event of the log. */
export function afterEvent(room: RoomNow, { number, at, event }: Logged): RoomNow {
  return { ...room, ...changes(room, event, at), number };
}

function changes(room: RoomNow, event: AnyEvent, at: number): Partial<RoomNow> {
  switch (event.type) {
    case 'started':
      return { phase: 'live', started_at: at };
    case 'ended':
      return { phase: 'ended', floor: null, people: room.people.map(handDown) };
    case 'joined':
      return withPerson(arrived(room, event.participant), event.participant, { presence: 'present' });
    case 'back':
      return withPerson(room, event.participant, { presence: 'present' });
    case 'away':
      return withPerson(room, event.participant, { presence: 'away' });
    case 'left':
      return withPerson(room, event.participant, { presence: 'left', live: [], hand: false, hand_at: null });
    case 'sources_changed':
      return withPerson(room, event.participant, { live: event.live });
    case 'hand_changed':
      return withPerson(room, event.participant, { hand: event.up, hand_at: event.up ? at : null });
    case 'link_measured':
      return withPerson(room, event.participant, { quality: event.quality });
    case 'rung_changed':
      return withPerson(room, event.participant, { rung: event.rung });
    case 'signalled':
      return withPerson(room, event.participant, { sign: { signal: event.signal, at, seen: false } });
    case 'signal_taken':
      return seen(room, event.participant);
    case 'counted':
      return withPerson(room, event.participant, { present_count: event.present });
    case 'floor_given':
      return { floor: event.participant };
    case 'floor_returned':
      return { floor: null };
    case 'talk_changed':
      return { talk: event.talk };
    case 'recording_changed':
      return { recording: event.on, recording_reason: event.reason };
    case 'opened':
    case 'stroke_drawn':
    case 'erased':
    case 'page_cleared':
    case 'undone':
    case 'redone':
    case 'page_added':
    case 'picture_put':
    case 'page_turned':
    case 'board_differed':
    case 'expected': // the roster that comes before it tells more
      return {};
    default:
      return event satisfies never;
  }
}

function handDown(person: Person): Person {
  return person.hand ? { ...person, hand: false, hand_at: null } : person;
}

function seen(room: RoomNow, id: ParticipantId): Partial<RoomNow> {
  const sign = room.people.find((person) => person.id === id)?.sign;
  return sign ? withPerson(room, id, { sign: { ...sign, seen: true } }) : {};
}

function withPerson(room: RoomNow, id: ParticipantId, change: Partial<Person>): Partial<RoomNow> {
  return { people: room.people.map((person) => (person.id === id ? { ...person, ...change } : person)) };
}

/** The room with somebody in it whom the roster did not name yet: a classroom's second window. Strangers stay outside. */
function arrived(room: RoomNow, id: ParticipantId): RoomNow {
  const owner = room.people.find((person) => `${person.id}${SECOND_SCREEN}` === id);
  if (!owner || room.people.some((person) => person.id === id)) return room;
  return { ...room, people: [...room.people, { ...atDoor(owner), id, screen: 'b' }] };
}
