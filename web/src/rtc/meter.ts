/** How loud the microphone is, and whether somebody speaks into it unheard. */

/** The quietest level that counts as speech, on the scale of `loudness`. */
export const SPEECH = 40;
/** Speech must last so long before we say so. */
const SPEECH_MS = 400;
/** And may pause for so long without starting over. */
const PAUSE_MS = 600;
const EVERY_MS = 100;

/** 0..100 from the root mean square of samples in -1..1: -60 dB and less is 0, full scale is 100. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  const decibels = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.round(Math.min(100, Math.max(0, ((decibels + 60) / 60) * 100)));
}

/** Speech, from levels: it began SPEECH_MS ago and has not paused for PAUSE_MS. Pure: time is an argument. */
export class SpeechDetector {
  #sinceMs: number | null = null;
  #lastMs = -Infinity;

  hear(level: number, nowMs: number): boolean {
    if (level >= SPEECH) {
      if (nowMs - this.#lastMs > PAUSE_MS) this.#sinceMs = nowMs;
      this.#lastMs = nowMs;
    } else if (nowMs - this.#lastMs > PAUSE_MS) this.#sinceMs = null;
    return this.#sinceMs !== null && nowMs - this.#sinceMs >= SPEECH_MS;
  }
}

/** Measures a clone of the microphone, so that muting what is sent does not deafen the meter. */
export class MicrophoneMeter {
  readonly #clone: MediaStreamTrack;
  readonly #context = new AudioContext();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #speech = new SpeechDetector();

  constructor(track: MediaStreamTrack, heard: (level: number, speaking: boolean) => void) {
    this.#clone = track.clone();
    this.#clone.enabled = true;
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 2_048;
    this.#context.createMediaStreamSource(new MediaStream([this.#clone])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      // A context made before the first gesture sleeps; while a microphone is captured the browser lets it run.
      if (this.#context.state === 'suspended') void this.#context.resume();
      analyser.getFloatTimeDomainData(samples);
      const level = loudness(samples);
      heard(level, this.#speech.hear(level, performance.now()));
    }, EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#clone.stop();
    void this.#context.close();
  }
}
