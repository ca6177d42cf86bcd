/** What the teacher has to be told right now, most pressing first. At most two are shown, so that the board stays. */
import type { Connection, DeviceProblem, MediaPhase } from '@/room/interface';
import type { Rung } from '@/signaling/wire.gen';

export type Notice =
  | { readonly kind: 'lost' }
  | { readonly kind: 'speaking_muted' }
  | { readonly kind: 'sound_blocked' }
  | { readonly kind: 'refused_media' }
  | { readonly kind: 'reconnecting' }
  | { readonly kind: 'thin' }
  | { readonly kind: 'sharing' }
  | { readonly kind: 'consent' }
  | { readonly kind: 'no_class' }
  | { readonly kind: 'device'; readonly device: 'camera' | 'microphone' | 'screen'; readonly problem: DeviceProblem }
  | { readonly kind: 'refusal'; readonly code: string };

export interface Situation {
  readonly connection: Connection['phase'];
  readonly media: MediaPhase;
  /** What this page's own line is given. */
  readonly rung: Rung;
  readonly speakingWhileMuted: boolean;
  readonly soundBlocked: boolean;
  readonly sharing: boolean;
  readonly problems: { readonly [device in 'camera' | 'microphone' | 'screen']?: DeviceProblem };
  readonly refusal: string | null;
  /** Why the lesson is not being recorded; empty while it is. */
  readonly notRecorded: string;
}

const AT_ONCE = 2;

/** All that applies, most pressing first, cut to what fits. */
export function noticesOf(now: Situation): Notice[] {
  return [...lineNotices(now), ...ownNotices(now)].slice(0, AT_ONCE);
}

function lineNotices(now: Situation): Notice[] {
  // While the signaling line is down the media line usually is as well: one sentence is enough.
  if (now.connection === 'lost') return [{ kind: 'lost' }];
  if (now.media === 'refused') return [{ kind: 'refused_media' }];
  return now.media === 'lost' ? [{ kind: 'reconnecting' }] : [];
}

function ownNotices(now: Situation): Notice[] {
  const notices: Notice[] = [];
  if (now.speakingWhileMuted) notices.push({ kind: 'speaking_muted' });
  if (now.soundBlocked) notices.push({ kind: 'sound_blocked' });
  if (now.refusal !== null) notices.push({ kind: 'refusal', code: now.refusal });
  for (const device of ['microphone', 'camera', 'screen'] as const) {
    const problem = now.problems[device];
    if (problem) notices.push({ kind: 'device', device, problem });
  }
  if (now.sharing) notices.push({ kind: 'sharing' });
  if (now.notRecorded === 'consent' || now.notRecorded === 'no_class') notices.push({ kind: now.notRecorded });
  if (now.rung === 'sound' || now.rung === 'voice') notices.push({ kind: 'thin' });
  return notices;
}

const REASONS = ['consent', 'no_class', 'disk_full', 'restart', 'refused', 'lesson', 'declined', 'failed'];

/** The catalog's key for a reason of the recorder; one that it does not know is `other`. */
export function reasonKey(reason: string): string {
  return `ui:recording.reason.${REASONS.includes(reason) ? reason : 'other'}`;
}
