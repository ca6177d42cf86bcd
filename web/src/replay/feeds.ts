/** The recording's files by what they show: one feed for each source of each participant, of one or more parts. */
import type { Media, Replay } from '@/replay/manifest';
import { type ClassState, type Moment, type Span, spans } from '@/replay/timeline';
import type { ParticipantId, Source } from '@/signaling/wire.gen';

/** `<participant>/<source>`, e.g. `room-2/camera`. */
export type FeedId = string;

export interface Feed {
  readonly id: FeedId;
  readonly participant: ParticipantId;
  readonly source: Source;
  readonly lead: boolean;
  readonly video: boolean;
  /** When its source, or the sound in its file, was sent; empty when the log never tells. */
  readonly live: readonly Span[];
  /** Its sound is the master: everything else follows it. */
  readonly master: boolean;
  /** In time order. */
  readonly parts: readonly Media[];
}

export function feedId(participant: ParticipantId, source: Source): FeedId {
  return `${participant}/${source}`;
}

const ORDER: readonly Source[] = ['camera', 'camera2', 'screen', 'media_sound', 'microphone', 'low_speech'];

/** The sound that is published in the file of a picture. */
const SOUND_OF: Partial<Record<Source, Source>> = { camera: 'microphone', screen: 'media_sound' };

function sends(live: readonly Source[] | undefined, source: Source): boolean {
  const sound = SOUND_OF[source];
  return live !== undefined && (live.includes(source) || (sound !== undefined && live.includes(sound)));
}

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
      live: spans(all, Number.POSITIVE_INFINITY, ({ live }) => sends(live.get(first.participant), first.source)),
      master: false,
      parts: [...media].sort((a, b) => a.start_ms - b.start_ms),
    });
  }
  const rank = (feed: Feed): number =>
    (feed.lead ? 0 : 1000 + (place.get(feed.participant) ?? 999) * 10) + ORDER.indexOf(feed.source) / 10;
  feeds.sort((a, b) => rank(a) - rank(b));
  const master = feeds.find((feed) => feed.lead && (feed.source === 'camera' || feed.source === 'microphone'));
  return feeds.map((feed) => (feed === master ? { ...feed, master: true } : feed));
}

/** The part that is to be seen at `atMs`, if one is; the last picture stays at the very end. */
export function partAt(feed: Feed, atMs: number): Media | null {
  const begun = feed.parts.findLast((part) => part.start_ms <= atMs);
  return begun && atMs <= begun.start_ms + begun.duration_ms ? begun : null;
}

/** Whether the feed's picture was being sent, as far as the log tells. */
export function sent(feed: Feed, state: ClassState): boolean {
  return feed.live.length === 0 || (state.live.get(feed.participant)?.includes(feed.source) ?? false);
}
