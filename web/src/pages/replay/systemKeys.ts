/** Keys of the keyboard, and those of headsets and remote controls, as commands. */
import type { Command, Key } from '@/replay/keys';
import type { Player } from './player.svelte';

/** Focused elements that use the keys themselves. */
const OWN_KEYS = 'input, select, textarea, dialog[open] *';
/** A focused button or link is pressed by these. */
const PRESSES = new Set([' ', 'Enter']);

export function followKeys(commandOf: (key: Key) => Command | null, obey: (command: Command) => void): () => void {
  const done = new AbortController();
  const pressed = (event: KeyboardEvent): void => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.defaultPrevented || target.closest(OWN_KEYS)) return;
    if (PRESSES.has(event.key) && target.closest('button, a')) return;
    const command = commandOf(event);
    if (command === null) return;
    event.preventDefault();
    obey(command);
  };
  document.addEventListener('keydown', pressed, { signal: done.signal });
  return () => done.abort();
}

/** Without this the system's play key would stop one of the elements and leave the others. */
export function mediaKeys(title: string, obey: (command: Command) => void, player: Player): () => void {
  const session = navigator.mediaSession;
  if (!session) return () => {};
  const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['play', () => player.play()],
    ['pause', () => player.pause()],
    ['seekbackward', () => obey({ kind: 'by', ms: -10_000 })],
    ['seekforward', () => obey({ kind: 'by', ms: 10_000 })],
    ['previoustrack', () => obey({ kind: 'previous_chapter' })],
    ['nexttrack', () => obey({ kind: 'next_chapter' })],
  ];
  session.metadata = new MediaMetadata({ title });
  for (const [action, handler] of handlers) session.setActionHandler(action, handler);
  return () => {
    for (const [action] of handlers) session.setActionHandler(action, null);
  };
}
