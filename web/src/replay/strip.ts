/** What the film strip shows where. Lengths in CSS pixels of the strip, positions in the sheet in its own pixels. */
import type { Thumbs, Waveform } from '@/replay/manifest';

/** Where the picture for `atMs` lies in the sheet. */
export function thumbAt(thumbs: Thumbs, atMs: number): { x: number; y: number } {
  const place = Math.min(thumbs.count - 1, Math.max(0, Math.floor(atMs / thumbs.every_ms)));
  const [row, column] = [Math.floor(place / thumbs.columns), place % thumbs.columns];
  return { x: column * thumbs.width, y: row * thumbs.height };
}

/** As many whole pictures of shape `aspect` as fit, stretched a little so that they fill the strip. */
export function cells(width: number, height: number, aspect: number): { left: number; width: number }[] {
  const count = Math.max(1, Math.round(width / (height * aspect)));
  return Array.from({ length: count }, (_, index) => ({ left: (index * width) / count, width: width / count }));
}

export interface Loud {
  readonly left: number;
  /** 0..1 */
  readonly share: number;
}

/** One bar for every `step` pixels, each as high as the loudest moment it stands for. */
export function loudness(waveform: Waveform, width: number, step: number, durationMs: number): Loud[] {
  const count = Math.max(1, Math.floor(width / step));
  const perBar = durationMs / count / waveform.every_ms;
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor(index * perBar);
    const peaks = waveform.peaks.slice(from, Math.max(from + 1, Math.floor((index + 1) * perBar)));
    return { left: index * step, share: Math.min(1, Math.max(0, ...peaks) / 100) };
  });
}
