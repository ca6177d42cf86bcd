/** What a microphone heard, by value: how loud, overdriven or not, and where in it our own chirp is. */

/** Levels in dB of full scale; `clipped` in thousandths of the samples. */
export interface SoundFigures {
  readonly level_db: number;
  readonly peak_db: number;
  readonly clipped: number;
}

/** A chirp found: `peak` in units of the recording times the chirp's, `heard_db` over the noise of the correlation. */
export interface Found {
  readonly at_s: number;
  readonly peak: number;
  readonly heard_db: number;
}

const FLOOR_DB = -200;
const FULL = 0.99;
/** A chirp sweeps where loudspeakers and microphones of any room are good, and people hear it as a short whistle. */
const FROM_HZ = 600;
const TO_HZ = 3_400;
export const CHIRP_S = 0.15;
/** Correlating is done at about this rate: twice the highest frequency and some. */
const WORKING_HZ = 12_000;

export function decibels(amplitude: number): number {
  return amplitude <= 1e-10 ? FLOOR_DB : Math.round(200 * Math.log10(amplitude)) / 10;
}

export function soundFigures(samples: Float32Array): SoundFigures {
  let squares = 0;
  let peak = 0;
  let full = 0;
  for (const sample of samples) {
    const size = Math.abs(sample);
    squares += sample * sample;
    if (size > peak) peak = size;
    if (size >= FULL) full++;
  }
  const count = Math.max(1, samples.length);
  return {
    level_db: decibels(Math.sqrt(squares / count)),
    peak_db: decibels(peak),
    clipped: Math.round((full / count) * 100_000) / 100,
  };
}

/** A linear sweep with soft ends, samples in -1..1. */
export function chirp(rate_hz: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(CHIRP_S * rate_hz));
  for (let n = 0; n < samples.length; n++) {
    const t = n / rate_hz;
    const phase = 2 * Math.PI * (FROM_HZ * t + ((TO_HZ - FROM_HZ) * t * t) / (2 * CHIRP_S));
    const swell = Math.sin((Math.PI * (n + 0.5)) / samples.length);
    samples[n] = Math.sin(phase) * Math.min(1, 3 * swell);
  }
  return samples;
}

/** Where in `recording` the chirp is the strongest, by correlation; null for a recording shorter than the chirp. */
export function findChirp(recording: Float32Array, rate_hz: number): Found | null {
  const step = Math.max(1, Math.floor(rate_hz / WORKING_HZ));
  const heard = thin(recording, step);
  const wanted = thin(chirp(rate_hz), step);
  const places = heard.length - wanted.length + 1;
  if (places < 1) return null;
  let peak = 0;
  let at = 0;
  let squares = 0;
  for (let place = 0; place < places; place++) {
    let sum = 0;
    for (let n = 0; n < wanted.length; n++) sum += (heard[place + n] as number) * (wanted[n] as number);
    squares += sum * sum;
    if (Math.abs(sum) > peak) {
      peak = Math.abs(sum);
      at = place;
    }
  }
  const noise = Math.sqrt(squares / places);
  return {
    at_s: (at * step) / rate_hz,
    peak,
    heard_db: noise > 0 ? Math.round(200 * Math.log10(peak / noise)) / 10 : 0,
  };
}

/** Every `step`th sample of the moving mean: enough of a low pass for a sweep that ends below a third of the rate. */
function thin(samples: Float32Array, step: number): Float32Array {
  const thinned = new Float32Array(Math.floor(samples.length / step));
  for (let n = 0; n < thinned.length; n++) {
    let sum = 0;
    for (let k = 0; k < step; k++) sum += samples[n * step + k] as number;
    thinned[n] = sum / step;
  }
  return thinned;
}
