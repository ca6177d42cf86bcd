/** Which files to fetch now. A browser opens six connections to one server, and a media element may hold one for long. */
import { type Feed, partAt } from '@/replay/feeds';
import type { Media } from '@/replay/manifest';
import type { PaneId } from '@/replay/stage';

const AT_ONCE = 5;
/** A part is fetched this long before it begins. */
const AHEAD_MS = 10_000;

/**
 * The files worth a connection at `atMs`, the most important first: the stage, the lead, first cameras, the rest.
 * `needed` says of a feed whether it is worth it at all on this line.
 */
export function worthLoading(
  feeds: readonly Feed[],
  atMs: number,
  stage: PaneId,
  needed: (feed: Feed) => boolean = () => true,
): string[] {
  const wanted = feeds.flatMap((feed) => {
    if (!used(feed, atMs) || !needed(feed)) return [];
    const part = partAt(feed, atMs) ?? partAt(feed, atMs + AHEAD_MS);
    return part ? [{ part, rank: rank(feed, part, stage) }] : [];
  });
  return wanted
    .sort((a, b) => a.rank - b.rank)
    .slice(0, AT_ONCE)
    .map(({ part }) => part.file);
}

/** A screen, a second camera or its sound is not fetched while it was not sent, though its file spans the lesson. */
function used(feed: Feed, atMs: number): boolean {
  if (feed.source === 'camera' || feed.source === 'microphone' || feed.live.length === 0) return true;
  return feed.live.some(({ fromMs, toMs }) => atMs >= fromMs - AHEAD_MS && atMs < toMs);
}

function rank(feed: Feed, part: Media, stage: PaneId): number {
  if (feed.id === stage) return 0;
  const second = part.source === 'camera' || part.source === 'screen' ? 0 : 2;
  return 1 + (feed.lead ? 0 : 1) + second;
}
