/** What the lead's strip of classrooms shows: one tile a classroom, by value. */
import type { RoomNow, Slot } from '@/room/interface';
import { type NoPicture, whyNoPicture } from '@/room/noPicture';
import type { BoardChecked, LinkSeen, ParticipantId, Person, Quality, Rung, Sign } from '@/signaling/wire.gen';

/** `open`: heard by all now; `gated`: it sends, and is let through when called on; `silent`: it sends no sound. */
export type MicrophoneState = 'open' | 'gated' | 'silent';

export interface Tile {
  readonly id: ParticipantId;
  readonly school: string;
  readonly colour: string;
  readonly presence: Person['presence'];
  /** Where its picture arrives; null while it has no seat. */
  readonly picture: MediaStream | null;
  /** Pictures arrive now; if not, words stand in front of the last one. */
  readonly playing: boolean;
  /** Why not, while it is here and none does. */
  readonly noPicture: NoPicture;
  readonly microphone: MicrophoneState;
  readonly hasFloor: boolean;
  /** 1 for the hand that went up first; null when it is down. */
  readonly handOrder: number | null;
  readonly quality: Quality;
  /** What its line is given: on the lower rungs pictures are missing there. */
  readonly rung: Rung;
  readonly rttMs: number | null;
  /** Null until its board was compared once. */
  readonly inStep: boolean | null;
  readonly level: number;
  /** What its assistant tells of it; null when nothing was told. */
  readonly sign: Sign | null;
  /** How many pupils sit there, where somebody counted. */
  readonly present: number | null;
}

/** The parts of a lesson that tiles are made of. */
export interface TileSources {
  readonly room: RoomNow;
  readonly slots: readonly Slot[];
  readonly links: Readonly<Record<ParticipantId, LinkSeen>>;
  readonly boardChecks: Readonly<Record<ParticipantId, BoardChecked>>;
  readonly levels: Readonly<Record<ParticipantId, number>>;
}

/** Classrooms of the lesson in the roster's order; a second window is no classroom of its own. */
export function classroomsOf(people: readonly Person[]): Person[] {
  return people.filter((person) => person.role === 'classroom' && person.screen === 'a');
}

/** Raised hands, first up first. */
export function handsUp(people: readonly Person[]): Person[] {
  return classroomsOf(people)
    .filter((person) => person.hand)
    .sort((one, other) => (one.hand_at ?? 0) - (other.hand_at ?? 0));
}

export function microphoneState(person: Person, room: Pick<RoomNow, 'talk' | 'floor'>): MicrophoneState {
  if (!person.live.includes('microphone')) return 'silent';
  return room.talk === 'discussion' || room.floor === person.id ? 'open' : 'gated';
}

/** One tile for each classroom. */
export function tilesOf(sources: TileSources): Tile[] {
  const order = handsUp(sources.room.people).map((person) => person.id);
  return classroomsOf(sources.room.people).map((person) => tile(person, order, sources));
}

function tile(person: Person, order: readonly ParticipantId[], sources: TileSources): Tile {
  const { room, slots, links, boardChecks, levels } = sources;
  const slot = slots.find((candidate) => candidate.seat?.participant === person.id && candidate.seat.video !== null);
  const microphone = microphoneState(person, room);
  const lead = room.people.find(({ role }) => role === 'lead');
  return {
    id: person.id,
    school: person.school,
    colour: person.colour,
    presence: person.presence,
    picture: slot?.video ?? null,
    playing: person.presence === 'present' && (slot?.playing ?? false),
    noPicture: whyNoPicture(person, lead?.rung),
    microphone,
    hasFloor: room.floor === person.id,
    handOrder: person.hand ? order.indexOf(person.id) + 1 : null,
    quality: links[person.id]?.quality ?? person.quality,
    rung: person.rung,
    rttMs: links[person.id]?.rtt_ms ?? null,
    inStep: boardChecks[person.id]?.same ?? null,
    level: microphone === 'silent' ? 0 : (levels[person.id] ?? 0),
    sign: person.sign,
    present: person.present_count,
  };
}
