/** The recording's files by what they show: one feed for each source of each participant, of one or more parts. */
import type { Media, Replay } from '@/replay/manifest';
import type { ClassState, Moment } from '@/replay/timeline';
import type { ParticipantId, Source } from '@/signaling/wire.gen';

/** `<participant>/<source>`, e.g. `room-2/camera`. */
export type FeedId = string;

export interface Feed {
  readonly id: FeedId;
  readonly participant: ParticipantId;
  readonly source: Source;
  readonly lead: boolean;
  readonly video: boolean;
  /** The log tells when this source was sent; a log that never does is not asked. */
  readonly told: boolean;
  /** In time order. */
  readonly parts: readonly Media[];
}

export function feedId(participant: ParticipantId, source: Source): FeedId {
  return `${participant}/${source}`;
}

const ORDER: readonly Source[] = ['camera', 'camera2', 'screen', 'media_sound', 'microphone', 'low_speech'];

/** The lead's feeds first, then the classrooms in the roster's order, each by source. */
export function feedsOf(replay: Pick<Replay, 'media' | 'people'>, all: readonly Moment[]): Feed[] {
  const parts = new Map<FeedId, Media[]>();
  for (const media of replay.media) {
    const id = feedId(media.participant, media.source);
    parts.set(id, [...(parts.get(id) ?? []), media]);
  }
  const place = new Map(replay.people.map((person, index) => [person.id, index]));
  const leads = new Set(replay.people.filter((person) => person.role === 'lead').map((person) => person.id));
  const feeds: Feed[] = [];
  for (const [id, media] of parts) {
    const [first] = media;
    if (!first) continue;
    feeds.push({
      id,
      participant: first.participant,
      source: first.source,
      lead: leads.has(first.participant),
      video: media.some((part) => part.video !== null),
      told: all.some(({ state }) => state.live.get(first.participant)?.includes(first.source)),
      parts: [...media].sort((a, b) => a.start_ms - b.start_ms),
    });
  }
  const rank = (feed: Feed): number =>
    (feed.lead ? 0 : 1000 + (place.get(feed.participant) ?? 999) * 10) + ORDER.indexOf(feed.source) / 10;
  return feeds.sort((a, b) => rank(a) - rank(b));
}

/** The part that plays at `atMs`, if one does. */
export function partAt(feed: Feed, atMs: number): Media | null {
  return feed.parts.find((part) => atMs >= part.start_ms && atMs < part.start_ms + part.duration_ms) ?? null;
}

/** Whether the feed's source was being sent, as far as the log tells. */
export function sent(feed: Feed, state: ClassState): boolean {
  return !feed.told || (state.live.get(feed.participant)?.includes(feed.source) ?? false);
}
