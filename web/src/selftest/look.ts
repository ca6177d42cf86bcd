/** The camera for a self-test: three seconds of pictures, looked at and forgotten. */
import { open } from '@/rtc/devices';
import type { CameraSeen } from './figures';
import { figuresOf, type Luma, lumaOf } from './picture';
import { fingerprintOf, keepHere, keptHere, standing } from './upright';

const WIDTH = 320;
const PICTURES = 12;
const EVERY_MS = 250;
/** A camera sets its exposure first. */
const SETTLES_MS = 1_000;
const STARTS_WITHIN_MS = 5_000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function look(by: 'hand' | 'itself'): Promise<CameraSeen> {
  const opened = await open('camera');
  if (!opened.ok) return { trouble: opened.problem };
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream([opened.track]);
  try {
    await Promise.race([video.play(), pause(STARTS_WITHIN_MS)]);
    if (video.videoWidth === 0) return { trouble: 'failed' };
    await pause(SETTLES_MS);
    const taken = await pictures(video);
    return { width: video.videoWidth, height: video.videoHeight, ...figuresOf(taken), ...standingOf(taken, by) };
  } catch {
    return { trouble: 'failed' };
  } finally {
    opened.track.stop();
    video.srcObject = null;
  }
}

/** How the last picture stands against the one kept of this camera. */
function standingOf(taken: readonly Luma[], by: 'hand' | 'itself'): { upright: number | null; turned: number | null } {
  const last = taken.at(-1);
  const now = last ? fingerprintOf(last) : null;
  if (now === null) return { upright: null, turned: null };
  const { upright, turned, keep } = standing(now, keptHere(), by);
  keepHere(keep);
  return { upright, turned };
}

async function pictures(video: HTMLVideoElement): Promise<Luma[]> {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = Math.max(3, Math.round((WIDTH * video.videoHeight) / video.videoWidth));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return [];
  const taken: Luma[] = [];
  for (let number = 0; number < PICTURES; number++) {
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    taken.push(lumaOf(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height));
    await pause(EVERY_MS);
  }
  return taken;
}
