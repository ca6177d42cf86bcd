/** What was going on at a time of the lesson, as catalog entries, the most important first. */
import type { Gap, ReplayPerson } from '@/replay/manifest';
import type { ClassState } from '@/replay/timeline';
import type { ParticipantId } from '@/signaling/wire.gen';

export interface Words {
  readonly key: string;
  readonly values: { readonly school?: string };
}

/** `gaps` and `atMs` on the recording's timeline, `state` the class's state then. */
export function happening(
  atMs: number,
  state: ClassState,
  gaps: readonly Gap[],
  people: readonly ReplayPerson[],
): Words[] {
  const school = (id: ParticipantId): string => people.find((person) => person.id === id)?.school ?? id;
  const said: Words[] = [];
  const say = (what: string, who?: ParticipantId): void => {
    said.push({ key: `replay:timeline.${what}`, values: who === undefined ? {} : { school: school(who) } });
  };
  if (gapAt(gaps, atMs)) say('gap');
  if (state.floor !== null) say('floor', state.floor);
  if (state.talk === 'discussion') say('discussion');
  if ([...state.live.values()].some((live) => live.includes('screen'))) say('screen');
  for (const hand of state.hands) say('hand', hand);
  for (const { id, role } of people) if (role === 'classroom' && state.away.has(id)) say('away', id);
  return said;
}

export function gapAt(gaps: readonly Gap[], atMs: number): Gap | null {
  return gaps.find(({ start_ms, end_ms }) => atMs >= start_ms && atMs < end_ms) ?? null;
}
