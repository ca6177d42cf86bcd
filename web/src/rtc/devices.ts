/** Cameras and microphones: opening them, remembering which, and saying in one word why one could not be had. */
import type { DeviceChoice, DeviceProblem } from '@/rtc/words';

export type Opened = { ok: true; track: MediaStreamTrack } | { ok: false; problem: DeviceProblem };
export type InputKind = 'audioinput' | 'videoinput';
/** What a device is kept for; each has its own memory. */
export type Use = 'microphone' | 'camera' | 'camera2';

/** What is remembered of a device. Its id changes between visits and computers; its label and group seldom do. */
export interface Remembered {
  readonly label: string;
  readonly groupId: string;
}

const VIDEO: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 25, max: 30 },
};
const AUDIO: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: { ideal: 1 },
};

/** The word for an error of getUserMedia or getDisplayMedia (Media Capture and Streams, section 10.2). */
export function problemOf(error: unknown): DeviceProblem {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

/** The device remembered: the same label in the same group, else the same label (it was plugged in elsewhere); else null. */
export function recall<D extends Remembered>(remembered: Remembered | null, devices: readonly D[]): D | null {
  if (!remembered) return null;
  const named = devices.filter(({ label }) => label !== '' && label === remembered.label);
  return named.find(({ groupId }) => groupId === remembered.groupId) ?? named[0] ?? null;
}

function keptAs(use: Use): string {
  return `tongke.device.${use}`;
}

function readMemory(use: Use): Remembered | null {
  try {
    return JSON.parse(localStorage.getItem(keptAs(use)) ?? 'null') as Remembered | null;
  } catch {
    return null; // storage is blocked, or holds something older: choose afresh
  }
}

function keep(use: Use, { label, groupId }: Remembered): void {
  try {
    localStorage.setItem(keptAs(use), JSON.stringify({ label, groupId }));
  } catch {
    // Storage is blocked on this device: the choice lasts for this page.
  }
}

async function devicesOf(kind: InputKind): Promise<MediaDeviceInfo[]> {
  if (!navigator.mediaDevices) return [];
  return (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === kind && device.deviceId);
}

/** Devices to choose from; without names until one was allowed. */
export async function choices(kind: InputKind): Promise<DeviceChoice[]> {
  const devices = await devicesOf(kind);
  return devices.filter(({ label }) => label !== '').map(({ deviceId, label }) => ({ id: deviceId, label }));
}

export function kindOf(use: Use): InputKind {
  return use === 'microphone' ? 'audioinput' : 'videoinput';
}

/** Opens the device `id`, else the one remembered for `use`, else the browser's own choice; remembers what was chosen by id. */
export async function open(use: Use, id?: string): Promise<Opened> {
  if (!navigator.mediaDevices) return { ok: false, problem: 'insecure' };
  try {
    if (!id) return { ok: true, track: await captureRemembered(use) };
    const track = await capture(use, id);
    await remember(use, track);
    return { ok: true, track };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

/** Asks for both at once, so that the browser asks the person only once; `open` then finds the permission given. */
export async function askForBoth(): Promise<void> {
  if ((await allowed('camera')) && (await allowed('microphone'))) return;
  try {
    const stream = await navigator.mediaDevices?.getUserMedia({ audio: AUDIO, video: VIDEO });
    for (const track of stream?.getTracks() ?? []) track.stop();
  } catch {
    // Each is opened by itself next, and says what is wrong with it.
  }
}

async function allowed(name: 'camera' | 'microphone'): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state === 'granted';
  } catch {
    return false; // this browser does not tell: ask
  }
}

/** The remembered device, or, where that one does not open, whichever the browser gives: better another camera than none. */
async function captureRemembered(use: Use): Promise<MediaStreamTrack> {
  const remembered = recall(readMemory(use), await devicesOf(kindOf(use)));
  if (!remembered) return capture(use, undefined);
  try {
    return await capture(use, remembered.deviceId);
  } catch {
    return capture(use, undefined); // says what is wrong, if that fails too
  }
}

async function capture(use: Use, id: string | undefined): Promise<MediaStreamTrack> {
  const audio = use === 'microphone';
  const base = audio ? AUDIO : VIDEO;
  const wanted: MediaTrackConstraints = id ? { ...base, deviceId: { exact: id } } : base;
  const stream = await navigator.mediaDevices.getUserMedia(audio ? { audio: wanted } : { video: wanted });
  const track = stream.getTracks()[0];
  if (!track) throw new DOMException('no track', 'NotFoundError');
  track.contentHint = audio ? 'speech' : 'motion';
  return track;
}

async function remember(use: Use, track: MediaStreamTrack): Promise<void> {
  const id = track.getSettings().deviceId;
  const device = (await devicesOf(kindOf(use))).find(({ deviceId }) => deviceId === id);
  if (device) keep(use, device);
}
