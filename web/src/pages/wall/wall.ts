/** The county wall's data (server/api/wall.py) and what follows from it, by value. */
import type { CountyWall, WallRoom } from '@/api/schema.gen';

export type RoomState = WallRoom['state'];

/** In this order the states are told: what needs somebody first. */
export const STATES: readonly RoomState[] = ['red', 'amber', 'green', 'off', 'none'];
/** With more rooms than this each is a small square, and only those that need somebody are named. */
export const NAMED_ROOMS = 24;
/** So long after the last answer what is shown counts as old: three looks that did not come. */
export const OLD_MS = 30_000;

export interface Needed {
  readonly id: string;
  readonly name: string;
  readonly state: 'red' | 'amber';
  readonly reasons: readonly string[];
}

/** Rooms that need somebody, red ones first. */
export function needed({ wall }: CountyWall): Needed[] {
  const found = wall.communities.flatMap(({ rooms }) => rooms);
  const of = (state: 'red' | 'amber'): Needed[] =>
    found
      .filter((room) => room.state === state)
      .map(({ id, school, name, reasons }) => ({ id, name: `${school} · ${name}`, state, reasons }));
  return [...of('red'), ...of('amber')];
}

/** How many rooms there are. */
export function roomCount({ wall }: CountyWall): number {
  return wall.communities.reduce((sum, { rooms }) => sum + rooms.length, 0);
}

/** A time of day in the county's zone. */
export function timeOf(ms: number, zone: string, language: string): string {
  const shown = { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: zone } as const;
  return new Intl.DateTimeFormat(language, shown).format(ms);
}

/** The day in the county's zone, with its day of the week. */
export function dayOf(ms: number, zone: string, language: string): string {
  const shown = { month: 'long', day: 'numeric', weekday: 'long', timeZone: zone } as const;
  return new Intl.DateTimeFormat(language, shown).format(ms);
}
