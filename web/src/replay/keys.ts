/** What each key does in the player; the usual ones of players on the web. */

export type Command =
  | {
      kind:
        | 'toggle'
        | 'mute'
        | 'full_screen'
        | 'help'
        | 'copy_link'
        | 'next_chapter'
        | 'previous_chapter'
        | 'as_in_class';
    }
  | { kind: 'by'; ms: number }
  | { kind: 'share'; tenth: number }
  | { kind: 'faster'; steps: number }
  | { kind: 'louder'; steps: number };

export interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

const KEYS: Readonly<Record<string, Command>> = {
  ' ': { kind: 'toggle' },
  k: { kind: 'toggle' },
  arrowleft: { kind: 'by', ms: -5000 },
  arrowright: { kind: 'by', ms: 5000 },
  j: { kind: 'by', ms: -10_000 },
  l: { kind: 'by', ms: 10_000 },
  ',': { kind: 'by', ms: -40 },
  '.': { kind: 'by', ms: 40 },
  arrowup: { kind: 'louder', steps: 1 },
  arrowdown: { kind: 'louder', steps: -1 },
  '<': { kind: 'faster', steps: -1 },
  '>': { kind: 'faster', steps: 1 },
  m: { kind: 'mute' },
  f: { kind: 'full_screen' },
  n: { kind: 'next_chapter' },
  p: { kind: 'previous_chapter' },
  b: { kind: 'as_in_class' },
  c: { kind: 'copy_link' },
  '?': { kind: 'help' },
  home: { kind: 'share', tenth: 0 },
  end: { kind: 'share', tenth: 10 },
};

/** The command of a key press; null when it is not ours, so that the browser's own shortcuts go on working. */
export function commandOf({ key, ctrlKey, metaKey, altKey }: Key): Command | null {
  if (ctrlKey || metaKey || altKey) return null;
  if (/^\d$/.test(key)) return { kind: 'share', tenth: Number(key) };
  return KEYS[key.toLowerCase()] ?? null;
}

export const RATES: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** The speed `steps` away in the list of speeds. */
export function rateAfter(rate: number, steps: number): number {
  const place = RATES.indexOf(rate) + steps;
  return RATES[Math.min(RATES.length - 1, Math.max(0, place))] ?? 1;
}
