/** Strokes as a hand makes them on a board, from a seed: minimum-jerk speed along a bent path, tremor, some with a hook. */
import { type Pen, StrokeInProgress } from '@/board/stroke';

const PEN: Pen = { page: 1, colour: '#1f2a24', width: 40 };

/** hz: how often the pointer is seen; returns each stroke's points as the page holds them, x, y, pressure in turn. */
export function handwriting(seed: number, count: number, hz: number): number[][] {
  const chance = chances(seed);
  return Array.from({ length: count }, () => stroke(chance, hz));
}

function stroke(chance: () => number, hz: number): number[] {
  const length = Math.max(60, 300 * Math.exp(0.5 * normal(chance)));
  const seconds = 0.12 + (length / 1400) * (0.8 + 0.5 * chance());
  const steps = Math.max(3, Math.round(seconds * hz));
  const direction = (Math.floor(chance() * 4) * Math.PI) / 4 + 0.15 * normal(chance);
  const bend = 0.6 * normal(chance);
  const hook = chance() < 0.3 ? 1.4 : 0;
  let [x, y, shakeX, shakeY, gone] = [300 + 8_700 * chance(), 300 + 4_700 * chance(), 0, 0, 0];
  const drawn = new StrokeInProgress('stroke', PEN, { x: Math.round(x), y: Math.round(y), pressure: null });
  for (let step = 1; step <= steps; step += 1) {
    const t = step / steps;
    const far = (10 * t ** 3 - 15 * t ** 4 + 6 * t ** 5) * length;
    const angle = direction + bend * t + (t > 0.6 ? hook : 0);
    x += (far - gone) * Math.cos(angle);
    y += (far - gone) * Math.sin(angle);
    gone = far;
    shakeX = 0.7 * shakeX + 0.8 * normal(chance);
    shakeY = 0.7 * shakeY + 0.8 * normal(chance);
    drawn.add({ x: Math.round(x + shakeX), y: Math.round(y + shakeY), pressure: null }, step === steps);
  }
  return drawn.points;
}

function normal(chance: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}

/** Numbers in 0..1: mulberry32. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
