import { expect, test } from 'vitest';
import { followed, NO_PATIENCE, patient } from '@/rtc/patience';

const readings = (from: typeof NO_PATIENCE, ...losses: number[]) =>
  losses.reduce((patience, loss_permille) => patient(patience, { loss_permille, rtt_ms: 200 }), from);

test('a line that loses is given time to send again, a clean one none, and none too much', () => {
  expect(patient(NO_PATIENCE, { loss_permille: 9, rtt_ms: 300 }).ms).toBeNull();
  expect(patient(NO_PATIENCE, { loss_permille: 30, rtt_ms: 180 }).ms).toBe(500);
  expect(patient(NO_PATIENCE, { loss_permille: 300, rtt_ms: 5_000 }).ms).toBe(800);
});

test('around one percent of loss it does not flicker: it ends only after six clean readings in a row', () => {
  expect(readings(NO_PATIENCE, 12, 8, 11, 7, 9, 8, 7, 6, 8).ms).toBe(500);
  expect(readings(NO_PATIENCE, 12, 0, 0, 0, 0, 0).ms).toBe(500);
  expect(readings(NO_PATIENCE, 12, 0, 0, 0, 0, 0, 0).ms).toBeNull();
  expect(readings(NO_PATIENCE, 12, 0, 0, 0, 5, 0, 0, 0).ms).toBe(500);
});

test('a way that was long for a moment is waited for longer at once, and shorter after a while', () => {
  const long = patient({ ms: 500, calm: 3 }, { loss_permille: 50, rtt_ms: 350 });
  expect(long).toEqual({ ms: 800, calm: 0 });
  expect(readings(long, 20, 20, 20, 20, 20).ms).toBe(800);
  expect(readings(long, 20, 20, 20, 20, 20, 20).ms).toBe(500);
});

test('pictures are made to wait in steps too short to be seen standing still, and no longer than sound', () => {
  const ramp = [];
  let pictures: number | null = null;
  for (const sound of [500, 500, 500, 500, 500, 800, 800, 300, null]) {
    pictures = followed(pictures, sound);
    ramp.push(pictures);
  }
  expect(ramp).toEqual([200, 300, 400, 500, 500, 600, 700, 300, null]);
});
