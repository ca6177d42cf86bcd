import { expect, test } from 'vitest';
import { shortcutOf } from '@/pages/teacher/shortcuts';

function key(
  name: string,
  held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'repeat', boolean>> = {},
) {
  return { key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false, ...held };
}

test('single letters choose tools, presenters turn pages', () => {
  expect(['m', 'M', 'p', 'e', 'l', 'PageUp', 'PageDown', 'x'].map((name) => shortcutOf(key(name)))).toEqual([
    'mute',
    'mute',
    'pen',
    'eraser',
    'laser',
    'previous',
    'next',
    null,
  ]);
});

test('control and Z undoes, with shift or as control and Y it redoes', () => {
  expect(shortcutOf(key('z', { ctrlKey: true }))).toBe('undo');
  expect(shortcutOf(key('Z', { metaKey: true, shiftKey: true }))).toBe('redo');
  expect(shortcutOf(key('y', { ctrlKey: true }))).toBe('redo');
  expect(shortcutOf(key('p', { ctrlKey: true }))).toBeNull();
});

test('a key held down does not repeat', () => {
  expect(shortcutOf(key('m', { repeat: true }))).toBeNull();
});
