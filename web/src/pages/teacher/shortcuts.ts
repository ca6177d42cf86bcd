/** The teacher's keys. Few, single, and never while a text field or a dialog has the focus. */

export type Shortcut = 'mute' | 'undo' | 'redo' | 'pen' | 'eraser' | 'laser' | 'previous' | 'next';

/** How each key is written on buttons' tooltips. */
export const KEYS: Readonly<Record<Shortcut, string>> = {
  mute: 'M',
  undo: 'Control+Z',
  redo: 'Control+Y',
  pen: 'P',
  eraser: 'E',
  laser: 'L',
  previous: 'PageUp',
  next: 'PageDown',
};

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'repeat'>;

const PLAIN: Readonly<Record<string, Shortcut>> = {
  m: 'mute',
  p: 'pen',
  e: 'eraser',
  l: 'laser',
  pageup: 'previous',
  pagedown: 'next',
};

/** What a key asks for; null when it is not ours. Presenters send PageUp and PageDown. */
export function shortcutOf(event: Key): Shortcut | null {
  if (event.repeat || event.altKey) return null;
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey)) return PLAIN[key] ?? null;
  if (key === 'y' || (key === 'z' && event.shiftKey)) return 'redo';
  return key === 'z' ? 'undo' : null;
}
