/** Why the picture of somebody who is here is not to be seen, as far as this page knows. Pure. */
import type { Person, Rung, Source } from '@/signaling/wire.gen';

/**
 * `camera`: none is sent, it is off or missing; `line`: the line there is too thin for pictures; `ownLine`: the one here
 * is; `coming`: it is sent, and has not come yet.
 */
export type NoPicture = 'camera' | 'line' | 'ownLine' | 'coming';

const CAMERAS: readonly Source[] = ['camera', 'camera2'];

export function whyNoPicture(
  { live, role, rung }: Pick<Person, 'live' | 'role' | 'rung'>,
  own: Rung = 'full',
): NoPicture {
  if (!live.some((source) => CAMERAS.includes(source))) return 'camera';
  if (carriesNone(own)) return 'ownLine';
  return role !== 'lead' && carriesNone(rung) ? 'line' : 'coming'; // the lead's goes on (docs/weak-lines.md)
}

/** On these rungs no picture goes, in either direction (docs/weak-lines.md). */
function carriesNone(rung: Rung): boolean {
  return rung === 'sound' || rung === 'voice';
}
