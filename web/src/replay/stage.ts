/** Which picture is large, which are small, and who is heard: as it was in class, unless the viewer chose. */
import type { Feed, FeedId } from '@/replay/feeds';
import { partAt, sent } from '@/replay/feeds';
import type { ClassState } from '@/replay/timeline';
import type { Mode } from '@/signaling/wire.gen';

export type PaneId = 'board' | FeedId;

export interface Arrangement {
  readonly stage: PaneId;
  /** The others in a fixed order, so that a picture keeps its place when it comes back from the stage. */
  readonly side: readonly PaneId[];
}

/** What class saw large: the class on the floor, else the shared screen, else the board. */
function asInClass(state: ClassState, feeds: readonly Feed[], atMs: number): PaneId {
  const plays = (feed: Feed): boolean => feed.video && partAt(feed, atMs) !== null;
  const onFloor = feeds.find((feed) => feed.participant === state.floor && feed.source === 'camera' && plays(feed));
  if (onFloor && !onFloor.lead) return onFloor.id;
  const screen = feeds.find((feed) => feed.source === 'screen' && plays(feed) && sent(feed, state));
  return screen?.id ?? 'board';
}

/** `chosen` is the pane the viewer wants large, null to follow the class. */
export function arrange(state: ClassState, feeds: readonly Feed[], atMs: number, chosen: PaneId | null): Arrangement {
  const panes: PaneId[] = ['board', ...feeds.filter((feed) => shownAtAll(feed, state, atMs)).map((feed) => feed.id)];
  const stage = chosen !== null && panes.includes(chosen) ? chosen : asInClass(state, feeds, atMs);
  return { stage, side: panes.filter((pane) => pane !== stage) };
}

/** Cameras always have their place; a screen only while it is shared, a second camera only while it has a picture. */
function shownAtAll(feed: Feed, state: ClassState, atMs: number): boolean {
  if (!feed.video) return false;
  if (feed.source === 'camera') return true;
  return partAt(feed, atMs) !== null && (feed.source !== 'screen' || sent(feed, state));
}

/** Why a small picture shows none: a key of the catalog, `replay:player.<it>`; null when it has one. */
export function missing(feed: Feed, state: ClassState, atMs: number): 'line_lost' | 'not_here' | 'no_picture' | null {
  if (state.away.has(feed.participant)) return 'line_lost';
  if (feed.live.length > 0 && !state.live.has(feed.participant)) return 'not_here';
  return partAt(feed, atMs) !== null && sent(feed, state) ? null : 'no_picture';
}

/**
 * Who was heard in class (the room's rule P46): the lead, the class on the floor, everyone in discussion, and a class that
 * is the only one of a delivery lesson. `classes` counts the classrooms of the lesson.
 */
export function heard(
  state: ClassState,
  feed: Pick<Feed, 'participant' | 'lead'>,
  mode: Mode,
  classes: number,
): boolean {
  const alone = mode === 'delivery' && classes === 1;
  return feed.lead || alone || state.floor === feed.participant || state.talk === 'discussion';
}
