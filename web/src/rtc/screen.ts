/** Sharing a screen or window, with its sound where the browser gives it. */

import { problemOf } from '@/rtc/devices';
import type { DeviceProblem } from '@/rtc/words';

export type Shared =
  | { ok: true; screen: MediaStreamTrack; sound: MediaStreamTrack | null }
  /** `cancelled`: the person closed the browser's own dialog; nothing is wrong. */
  | { ok: false; problem: DeviceProblem | 'cancelled' };

/** Asks what to share. The tracks end when the person stops sharing in the browser's own bar. */
export async function shareScreen(): Promise<Shared> {
  if (!navigator.mediaDevices?.getDisplayMedia) return { ok: false, problem: 'insecure' };
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: { ideal: 15, max: 30 }, width: { max: 1920 }, height: { max: 1080 } },
      // What is played on this computer goes to the others as it is, not through the room.
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    const [screen] = stream.getVideoTracks();
    if (!screen) return { ok: false, problem: 'missing' };
    screen.contentHint = 'detail';
    const sound = stream.getAudioTracks()[0] ?? null;
    if (sound) sound.contentHint = 'music';
    return { ok: true, screen, sound };
  } catch (error) {
    const problem = problemOf(error);
    return { ok: false, problem: problem === 'denied' ? 'cancelled' : problem };
  }
}
