/** Who is in a community, read from its stays: position 0 is the centre; the history stays. */
import type { CommunityTold, Stay } from '@/api/schema.gen';

export const MOST_POINTS = 3;

/** The centre's stay, of an ended community the last one. */
export function centreOf({ stays }: CommunityTold): Stay | undefined {
  return stays.find(({ position }) => position === 0);
}

/** The teaching points that are in it now; of an ended community those that were to its end. */
export function pointsOf({ community, stays }: CommunityTold): readonly Stay[] {
  return stays.filter(({ position, left_ms }) => position > 0 && left_ms === community.ended_ms);
}
