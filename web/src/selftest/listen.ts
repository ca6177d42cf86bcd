/** The microphone for a self-test: as the room hears it, and behind the echo canceller. */
import { open as openAsInClass, problemOf } from '@/rtc/devices';
import type { LoopHeard, MicrophoneHeard } from './figures';
import { CHIRP_S, chirp, type Found, findChirp, type SoundFigures, soundFigures } from './sound';

/** The longest piece an analyser gives at once: 0.68 s at 48 kHz. */
const PIECE = 32_768;
const LISTENS_MS = 3_000;
const CHIRPS = 6;
/** The echo canceller needs a few chirps to learn the room; those after it are compared. */
const LEARNED = 4;
const BETWEEN_MS = 120;
const LOUD = 0.35;
/** Below this a correlation is chance (server/devices/verdict.py has the same limit). */
const HEARD_DB = 17;

const RAW: MediaTrackConstraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const CLEAN: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: false, autoGainControl: false };

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** An ear on one setting of the microphone. */
class Ear {
  readonly #context: AudioContext;
  readonly #analyser: AnalyserNode;
  readonly #stream: MediaStream;

  constructor(context: AudioContext, stream: MediaStream) {
    this.#context = context;
    this.#stream = stream;
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = PIECE;
    context.createMediaStreamSource(stream).connect(this.#analyser);
  }

  /** The last piece heard, and the context's time of its first sample. */
  piece(): { samples: Float32Array<ArrayBuffer>; since_s: number } {
    const samples = new Float32Array(PIECE);
    this.#analyser.getFloatTimeDomainData(samples);
    return { samples, since_s: this.#context.currentTime - PIECE / this.#context.sampleRate };
  }

  close(): void {
    for (const track of this.#stream.getTracks()) track.stop();
  }
}

async function open(context: AudioContext, deviceId: string | null, how: MediaTrackConstraints): Promise<Ear> {
  const audio = deviceId ? { ...how, deviceId: { exact: deviceId } } : how;
  return new Ear(context, await navigator.mediaDevices.getUserMedia({ audio }));
}

/** How loud it is for three seconds, then whether our own chirps come back. heard: told between the two. */
export async function listen(heard: () => void): Promise<{ microphone: MicrophoneHeard; loop: LoopHeard | null }> {
  const opened = await openAsInClass('microphone'); // which one class would use
  if (!opened.ok) return { microphone: { trouble: opened.problem }, loop: null };
  const deviceId = opened.track.getSettings().deviceId ?? null;
  opened.track.stop();
  const context = new AudioContext();
  const ears: Ear[] = [];
  try {
    const raw = await open(context, deviceId, RAW);
    ears.push(raw);
    const played = await awake(context);
    const microphone = await levels(raw);
    heard();
    if (!played) return { microphone, loop: { played: false } };
    const clean = await open(context, deviceId, CLEAN).catch(() => null);
    if (clean) ears.push(clean);
    return { microphone, loop: await loop(context, raw, clean) };
  } catch (error) {
    return { microphone: { trouble: problemOf(error) }, loop: null };
  } finally {
    for (const ear of ears) ear.close();
    void context.close();
  }
}

/** Whether the browser lets this page make sound; a context that nobody allowed waits for ever. */
async function awake(context: AudioContext): Promise<boolean> {
  await Promise.race([context.resume().catch(() => undefined), pause(1_000)]);
  return context.state === 'running';
}

async function levels(ear: Ear): Promise<SoundFigures> {
  await pause(LISTENS_MS);
  return soundFigures(ear.piece().samples);
}

/** Plays the chirps as class is played, by a media element: what Web Audio plays, the echo canceller does not know. */
async function loop(context: AudioContext, raw: Ear, clean: Ear | null): Promise<LoopHeard> {
  const out = context.createMediaStreamDestination();
  const element = document.createElement('audio');
  element.srcObject = out.stream;
  try {
    await element.play();
  } catch {
    return { played: false };
  }
  const buffer = context.createBuffer(1, Math.round(CHIRP_S * context.sampleRate), context.sampleRate);
  buffer.copyToChannel(chirp(context.sampleRate), 0);
  const gain = context.createGain();
  gain.gain.value = LOUD;
  gain.connect(out);
  const before: (Found & { delay_ms: number })[] = [];
  const after: Found[] = [];
  for (let number = 0; number < CHIRPS; number++) {
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(gain);
    const began_s = context.currentTime + 0.02;
    source.start(began_s);
    await pause((PIECE / context.sampleRate) * 1_000 + 10);
    const piece = raw.piece();
    const found = findChirp(piece.samples, context.sampleRate);
    const cleaned = clean && findChirp(clean.piece().samples, context.sampleRate);
    if (found) before.push({ ...found, delay_ms: Math.round(1_000 * (piece.since_s + found.at_s - began_s)) });
    if (cleaned) after.push(cleaned);
    await pause(BETWEEN_MS);
  }
  element.srcObject = null;
  return summary(before, after);
}

/** What all chirps together say. The loop's delay is that of the chirp heard best. */
export function summary(before: readonly (Found & { delay_ms: number })[], after: readonly Found[]): LoopHeard {
  const best = [...before].sort((one, other) => other.heard_db - one.heard_db)[0];
  if (!best) return { played: true, heard_db: 0, delay_ms: null, echo_db: null };
  const heard = best.heard_db >= HEARD_DB;
  return {
    played: true,
    heard_db: best.heard_db,
    delay_ms: heard ? Math.max(0, best.delay_ms) : null,
    echo_db: heard ? echoLeft(before.slice(LEARNED), after.slice(LEARNED)) : null,
  };
}

/** How much of the chirp is left behind the canceller, in dB against before it; null when that was not heard. */
function echoLeft(before: readonly Found[], after: readonly Found[]): number | null {
  const total = (all: readonly Found[]): number => all.reduce((sum, { peak }) => sum + peak, 0);
  if (after.length === 0 || total(before) === 0) return null;
  return Math.max(-200, Math.round(200 * Math.log10(Math.max(total(after), 1e-9) / total(before))) / 10);
}
