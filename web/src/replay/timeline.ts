/** What the class was doing at any moment of the recording, folded from the lesson log; the board is folded elsewhere. */
import type { Logged, ParticipantId, Source, Talk } from '@/signaling/wire.gen';

export interface ClassState {
  readonly phase: 'waiting' | 'live' | 'ended';
  readonly talk: Talk;
  readonly floor: ParticipantId | null;
  /** In the order in which they went up. */
  readonly hands: readonly ParticipantId[];
  /** In the lesson, and what each sends. */
  readonly live: ReadonlyMap<ParticipantId, readonly Source[]>;
  /** In the lesson, its line broken right now. */
  readonly away: ReadonlySet<ParticipantId>;
  readonly page: number;
}

/** The state from `atMs` of the recording on, until the next moment. */
export interface Moment {
  readonly atMs: number;
  readonly state: ClassState;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const FIRST: ClassState = {
  phase: 'waiting',
  talk: 'listen',
  floor: null,
  hands: [],
  live: new Map(),
  away: new Set(),
  page: 1,
};

function without<Item>(items: ReadonlySet<Item>, item: Item): ReadonlySet<Item> {
  return new Set([...items].filter((other) => other !== item));
}

function sending(state: ClassState, who: ParticipantId, live: readonly Source[] | null): ClassState {
  const next = new Map(state.live);
  if (live === null) next.delete(who);
  else next.set(who, live);
  return { ...state, live: next };
}

function gone(state: ClassState, who: ParticipantId): ClassState {
  return {
    ...sending(state, who, null),
    away: without(state.away, who),
    hands: state.hands.filter((other) => other !== who),
    floor: state.floor === who ? null : state.floor,
  };
}

/** The state after one event; the same object when the event says nothing about it. */
export function after(state: ClassState, logged: Logged): ClassState {
  const event = logged.event;
  switch (event.type) {
    case 'started':
      return { ...state, phase: 'live' };
    case 'ended':
      return { ...state, phase: 'ended', floor: null, hands: [] };
    case 'joined':
      return { ...sending(state, event.participant, []), away: without(state.away, event.participant) };
    case 'away':
      return { ...state, away: new Set([...state.away, event.participant]) };
    case 'back':
      return { ...state, away: without(state.away, event.participant) };
    case 'left':
      return gone(state, event.participant);
    case 'sources_changed':
      return sending(state, event.participant, event.live);
    case 'floor_given':
      return { ...state, floor: event.participant };
    case 'floor_returned':
      return { ...state, floor: null };
    case 'hand_changed': {
      const others = state.hands.filter((other) => other !== event.participant);
      return { ...state, hands: event.up ? [...others, event.participant] : others };
    }
    case 'talk_changed':
      return { ...state, talk: event.talk };
    case 'page_added':
    case 'page_turned':
      return { ...state, page: event.page };
    default:
      return state; // ink and link quality change nothing here
  }
}

/** Every moment at which something changed, the first at 0 with all that came before the recording folded in. */
export function moments(log: readonly Logged[], originMs: number): Moment[] {
  const found: Moment[] = [{ atMs: 0, state: FIRST }];
  for (const logged of log) {
    const last = found[found.length - 1] as Moment;
    const state = after(last.state, logged);
    if (state === last.state) continue;
    const atMs = Math.max(0, logged.at - originMs);
    if (atMs === last.atMs) found[found.length - 1] = { atMs, state };
    else found.push({ atMs, state });
  }
  return found;
}

/** Index of the last item whose `at` is not after `atMs`; -1 when all are later. `items` are in time order. */
export function lastBefore<Item>(items: readonly Item[], atMs: number, at: (item: Item) => number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(items[middle] as Item) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function stateAt(all: readonly Moment[], atMs: number): ClassState {
  return (
    all[
      Math.max(
        0,
        lastBefore(all, atMs, (moment) => moment.atMs),
      )
    ]?.state ?? FIRST
  );
}

/** The stretches of the recording during which `holds` is true. */
export function spans(all: readonly Moment[], durationMs: number, holds: (state: ClassState) => boolean): Span[] {
  const found: Span[] = [];
  let fromMs: number | null = null;
  for (const { atMs, state } of all) {
    if (atMs >= durationMs) break;
    if (holds(state)) fromMs ??= atMs;
    else if (fromMs !== null) {
      found.push({ fromMs, toMs: atMs });
      fromMs = null;
    }
  }
  if (fromMs !== null) found.push({ fromMs, toMs: durationMs });
  return found;
}

/** What the bar under the film strip shows of one classroom. */
export interface Lane {
  readonly participant: ParticipantId;
  readonly floor: readonly Span[];
  readonly hand: readonly Span[];
  readonly away: readonly Span[];
}

export interface Overview {
  readonly lanes: readonly Lane[];
  readonly discussion: readonly Span[];
  readonly screen: readonly Span[];
}

/** Everything the timeline draws, for the classrooms `rooms` in this order. */
export function overview(all: readonly Moment[], durationMs: number, rooms: readonly ParticipantId[]): Overview {
  const seen = (holds: (state: ClassState) => boolean): Span[] => spans(all, durationMs, holds);
  return {
    lanes: rooms.map((participant) => ({
      participant,
      floor: seen((state) => state.floor === participant),
      hand: seen((state) => state.hands.includes(participant)),
      away: awaySpans(seen, participant),
    })),
    discussion: seen((state) => state.talk === 'discussion' && state.phase === 'live'),
    screen: seen((state) => [...state.live.values()].some((sources) => sources.includes('screen'))),
  };
}

/** Line broken, or gone and come back later; before its first arrival and after its last leaving it was not away. */
function awaySpans(seen: (holds: (state: ClassState) => boolean) => Span[], participant: ParticipantId): Span[] {
  const there = seen((state) => state.live.has(participant) && !state.away.has(participant));
  const [first, last] = [there[0], there[there.length - 1]];
  if (!first || !last) return [];
  const broken = seen((state) => state.away.has(participant));
  const between = there.slice(1).map((span, index) => ({ fromMs: (there[index] as Span).toMs, toMs: span.fromMs }));
  return [...between, ...broken.filter((span) => span.fromMs >= last.toMs)];
}
