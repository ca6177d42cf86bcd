/** What a classroom's screen shows, by value: nobody touches it, so everything follows from the lesson. */
import type { Capture, Connection, DeviceProblem, MediaPhase, RoomNow, Slot } from '@/room/interface';
import type { ParticipantId, Person, Rung, View } from '@/signaling/wire.gen';

/** Where the board and the seats go. `board` fills the stage, or it is small at the side and `stage` has the seats. */
export interface Scene {
  readonly kind: 'board' | 'seats';
  readonly stage: readonly Slot[];
  readonly side: readonly Slot[];
}

/** The layout of the first screen in class. */
export function sceneOf(view: View, slots: readonly Slot[]): Scene {
  const seated = slots.filter((slot) => slot.seat?.video != null);
  if (view.stage === 'grid' && seated.length > 0) return { kind: 'seats', stage: seated, side: [] };
  const stage = seated.filter((slot) => slot.seat?.place === 'stage');
  if (view.stage === 'seat' && stage.length > 0) return { kind: 'seats', stage, side: others(seated, stage) };
  return { kind: 'board', stage: [], side: seated };
}

/** The second screen has no board: everybody who sits anywhere, the stage's seats first. */
export function secondSceneOf(slots: readonly Slot[]): Slot[] {
  const seated = slots.filter((slot) => slot.seat?.video != null);
  const stage = seated.filter((slot) => slot.seat?.place === 'stage');
  return [...stage, ...others(seated, stage)];
}

function others(seated: readonly Slot[], stage: readonly Slot[]): Slot[] {
  return seated.filter((slot) => !stage.includes(slot));
}

/** Columns of a grid of `count` pictures on a wide screen. */
export function columnsFor(count: number): number {
  if (count <= 1) return 1;
  return count <= 4 ? 2 : 3;
}

/** Rungs of the ladder on which something is missing that the class would look for. */
export type ThinRung = Exclude<Rung, 'full' | 'smaller'>;

/** The one sentence under the picture, the most pressing first. */
export type Sign =
  | { readonly kind: 'line_lost' }
  | { readonly kind: 'teacher_lost' }
  | { readonly kind: 'floor_own'; readonly mayDraw: boolean }
  | { readonly kind: 'sound' }
  | { readonly kind: 'device'; readonly lacks: 'camera' | 'microphone' | 'both'; readonly why: DeviceProblem }
  | { readonly kind: 'media_lost' }
  | { readonly kind: 'hand' }
  | { readonly kind: 'thin'; readonly rung: ThinRung }
  | { readonly kind: 'floor_other'; readonly school: string; readonly colour: string }
  | { readonly kind: 'screen'; readonly school: string }
  | { readonly kind: 'discussion' }
  | { readonly kind: 'lesson' };

export interface SignSources {
  readonly connection: Connection['phase'];
  readonly media: MediaPhase;
  readonly room: RoomNow;
  readonly me: ParticipantId;
  readonly mayDraw: boolean;
  readonly soundBlocked: boolean;
  readonly camera: Capture;
  readonly microphone: Capture;
  readonly slots: readonly Slot[];
}

export function signOf(now: SignSources): Sign {
  const { room, me } = now;
  const lead = room.people.find((person) => person.role === 'lead');
  if (now.connection === 'lost') return { kind: 'line_lost' };
  if (lead?.presence === 'away') return { kind: 'teacher_lost' };
  if (room.floor === me) return { kind: 'floor_own', mayDraw: now.mayDraw };
  if (now.soundBlocked) return { kind: 'sound' };
  return deviceSign(now) ?? lessonSign(now, lead);
}

function deviceSign({ camera, microphone, media }: SignSources): Sign | null {
  if (microphone.state === 'failed') {
    return { kind: 'device', lacks: camera.state === 'failed' ? 'both' : 'microphone', why: microphone.problem };
  }
  if (camera.state === 'failed') return { kind: 'device', lacks: 'camera', why: camera.problem };
  return media === 'lost' || media === 'refused' ? { kind: 'media_lost' } : null;
}

function lessonSign({ room, me, slots }: SignSources, lead: Person | undefined): Sign {
  const own = room.people.find((person) => person.id === me);
  if (own?.hand) return { kind: 'hand' };
  if (own && own.rung !== 'full' && own.rung !== 'smaller') return { kind: 'thin', rung: own.rung };
  const holder = room.people.find((person) => person.id === room.floor);
  if (holder) return { kind: 'floor_other', school: holder.school, colour: holder.colour };
  if (lead && slots.some((slot) => slot.seat?.video === 'screen')) return { kind: 'screen', school: lead.school };
  return { kind: room.talk === 'discussion' ? 'discussion' : 'lesson' };
}

const HAND_KEYS = [' ', 'Enter', 'h', 'H', 'ArrowUp'];

/** Whether this key raises or lowers the hand: the space bar, H, or OK and up on a remote control. */
export function isHandKey(event: Pick<KeyboardEvent, 'key' | 'repeat' | 'ctrlKey' | 'altKey' | 'metaKey'>): boolean {
  return !event.repeat && !event.ctrlKey && !event.altKey && !event.metaKey && HAND_KEYS.includes(event.key);
}
