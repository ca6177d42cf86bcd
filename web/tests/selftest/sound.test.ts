import { expect, test } from 'vitest';
import { summary } from '@/selftest/listen';
import { CHIRP_S, chirp, decibels, findChirp, soundFigures } from '@/selftest/sound';

const RATE = 48_000;
const PIECE = 32_768;

/** Noise that is the same in every run (Park and Miller's generator). */
function noise(length: number, amplitude: number, seed = 7): Float32Array {
  const samples = new Float32Array(length);
  let state = seed;
  for (let n = 0; n < length; n++) {
    state = (state * 16_807) % 2_147_483_647;
    samples[n] = amplitude * (2 * (state / 2_147_483_647) - 1);
  }
  return samples;
}

function withChirp(samples: Float32Array, at_s: number, amplitude: number): Float32Array {
  const wanted = chirp(RATE);
  const start = Math.round(at_s * RATE);
  for (let n = 0; n < wanted.length && start + n < samples.length; n++) {
    samples[start + n] = (samples[start + n] as number) + amplitude * (wanted[n] as number);
  }
  return samples;
}

test('levels are in decibels of full scale', () => {
  expect(decibels(1)).toBe(0);
  expect(decibels(0.1)).toBe(-20);
  expect(decibels(0)).toBe(-200);
  expect(soundFigures(new Float32Array(4_800))).toEqual({ level_db: -200, peak_db: -200, clipped: 0 });
});

test('an overdriven microphone is known by the samples at full scale', () => {
  const samples = noise(10_000, 0.5);
  for (let n = 0; n < 200; n++) samples[n * 50] = n % 2 ? 1 : -1;
  expect(soundFigures(samples)).toMatchObject({ clipped: 20, peak_db: 0 });
  expect(soundFigures(noise(10_000, 0.5)).clipped).toBe(0);
});

test('the chirp is found where it is, in noise as loud as itself', () => {
  const found = findChirp(withChirp(noise(PIECE, 0.1), 0.21, 0.1), RATE);
  expect(found?.at_s).toBeCloseTo(0.21, 3);
  expect(found?.heard_db).toBeGreaterThan(17);
});

test('no chirp is found in noise, whatever the noise', () => {
  for (let seed = 1; seed <= 8; seed++) {
    expect(findChirp(noise(PIECE, 0.2, seed), RATE)?.heard_db).toBeLessThan(17);
  }
});

test('a recording shorter than the chirp has none', () => {
  expect(findChirp(new Float32Array(100), RATE)).toBeNull();
});

test('the chirp is as long as it says, starts softly and is never louder than full scale', () => {
  const samples = chirp(RATE);
  expect(samples.length).toBe(CHIRP_S * RATE);
  expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.01);
  expect(Math.max(...samples.map(Math.abs))).toBeLessThanOrEqual(1);
});

const heard = (peak: number, heard_db: number, delay_ms = 120) => ({ at_s: 0, peak, heard_db, delay_ms });

test('the loop is told by its best chirp, the echo by those after the canceller has learned', () => {
  const before = [heard(1, 20), heard(1, 28, 130), heard(1, 25), heard(1, 25), heard(1, 25), heard(1, 25)];
  const after = [1, 0.8, 0.3, 0.2, 0.01, 0.01].map((peak) => ({ at_s: 0, peak, heard_db: 10 }));
  expect(summary(before, after)).toEqual({ played: true, heard_db: 28, delay_ms: 130, echo_db: -40 });
  expect(summary(before, [])).toMatchObject({ echo_db: null });
});

test('a loudspeaker that nobody hears has neither delay nor echo', () => {
  expect(summary([heard(0.1, 11), heard(0.1, 12)], [])).toEqual({
    played: true,
    heard_db: 12,
    delay_ms: null,
    echo_db: null,
  });
});
