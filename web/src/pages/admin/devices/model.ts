/** The rooms and their devices as the section shows them: signs for states, times in words. By value. */
import type { DeviceNow, Fault, RoomList, RoomNow } from '@/api/schema.gen';
import { language } from '@/i18n/language.svelte';

export type RoomState = RoomNow['state'];
export type Tone = 'calm' | 'good' | 'warn' | 'live';

const TONES: Readonly<Record<RoomState, Tone>> = {
  green: 'good',
  amber: 'warn',
  red: 'live',
  off: 'calm',
  none: 'calm',
};
const WORST: readonly RoomState[] = ['red', 'amber', 'none', 'off', 'green'];

export function toneOf(state: RoomState): Tone {
  return TONES[state];
}

/** How a device is by itself. */
export function stateOf(device: Pick<DeviceNow, 'online' | 'faults'>): RoomState {
  if (!device.online) return 'off';
  const [worst] = device.faults;
  return worst?.severity ?? 'green';
}

/** Rooms that need somebody first; else as they come, by school. */
export function worstFirst(rooms: readonly RoomNow[]): RoomNow[] {
  const rank = (room: RoomNow): number => Math.min(2, WORST.indexOf(room.state));
  return [...rooms].sort((one, other) => rank(one) - rank(other));
}

/** How many rooms are in each state. */
export function countsOf(rooms: readonly RoomNow[]): Record<RoomState, number> {
  const found: Record<RoomState, number> = { green: 0, amber: 0, red: 0, off: 0, none: 0 };
  for (const { state } of rooms) found[state] += 1;
  return found;
}

/** When a room was heard or tested last, the latest of its devices; null when never. */
export function latest(room: Pick<RoomNow, 'devices'>, which: 'heard' | 'tested'): string | null {
  const moments = room.devices.map((device) => device[which]).filter((moment) => moment !== null);
  return moments.sort().at(-1) ?? null;
}

/** The page of an older build: it is renewed by itself at night. */
export function isOld(device: DeviceNow, list: Pick<RoomList, 'build'>): boolean {
  const version = device.health?.kind === 'page' ? device.health.version : '';
  return version !== '' && list.build !== '' && version !== list.build;
}

/** How far a device's clock is from the true time, in whole seconds; null where that cannot be said. */
export function clockOff(device: Pick<DeviceNow, 'health' | 'heard'>): number | null {
  if (!device.health || !device.heard) return null;
  return Math.round((device.health.clock_ms - Date.parse(device.heard)) / 1000);
}

/** A moment as people say it in the county's zone: the time alone on the same day. */
export function moment(rfc3339: string, zone: string, nowMs: number = Date.now()): string {
  const day = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone: zone });
  const at = new Date(rfc3339);
  const time = { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: zone } as const;
  const date = day.format(at) === day.format(nowMs) ? {} : ({ month: 'numeric', day: 'numeric' } as const);
  return new Intl.DateTimeFormat(language(), { ...date, ...time }).format(at);
}

/** The catalog key of a fault's name or of what to do about it. */
export function faultKey({ code }: Pick<Fault, 'code'>, what: 'name' | 'fix'): string {
  return `devices:fault.${code}.${what}`;
}
