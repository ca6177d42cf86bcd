/** What a participant's part in a lesson lets its page do and send, as the server has it: pure. */
import type { RoomNow } from '@/room/interface';
import type { Lesson } from '@/room/state';
import type { Thrift } from '@/rtc/peer';
import type { Person, RefusalCode, Role } from '@/signaling/wire.gen';

/** Roles that send pictures and sound (docs/protocol.md, rule P10). */
const SPEAKING: ReadonlySet<Role> = new Set(['lead', 'classroom', 'rebroadcast']);
/** Refusals of these say nothing to a person: they are expendable, or answer themselves. */
const QUIET = new Set<string>(['ink', 'laser', 'level', 'link', 'board_check', 'ack', 'ping', 'sources', 'offer']);
const QUIET_CODES = new Set<string>(['already_done', 'too_fast']);

/** Whether it sends pictures and sound at all. */
export function speaks(role: Role): boolean {
  return SPEAKING.has(role);
}

/** Whether it may draw now: the lead always, a classroom while it has the floor, a second window never. */
export function mayDraw(you: Lesson['you'], screen: 'a' | 'b', room: RoomNow | null): boolean {
  if (!you || screen === 'b' || !room || room.phase === 'ended') return false;
  return you.role === 'lead' || (you.role === 'classroom' && room.floor === you.id);
}

/** The lead's picture goes on: what comes to her says nothing sure of what she sends (signaling/views.py). */
export function thriftOf(own: Person | null): Thrift {
  if (!own || own.role === 'lead') return null;
  return own.rung === 'sound' || own.rung === 'voice' ? own.rung : null;
}

/** Whether a person is told that a message `of` this type was refused. */
export function isTold(of: string, code: RefusalCode): boolean {
  return !QUIET.has(of) && !QUIET_CODES.has(code);
}
