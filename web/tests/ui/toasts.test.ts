// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setLanguage } from '@/i18n/language.svelte';
import ToastShelf from '@/ui/ToastShelf.svelte';
import { Toasts } from '@/ui/toasts.svelte';

let shelf: Record<string, unknown>;
let toasts: Toasts;

beforeEach(() => {
  setLanguage('en');
  vi.useFakeTimers();
  toasts = new Toasts();
  shelf = mount(ToastShelf, { target: document.body, props: { toasts } });
});

afterEach(() => {
  unmount(shelf);
  vi.useRealTimers();
});

function shown(): string[] {
  flushSync();
  return [...document.querySelectorAll('.toast > span')].map((element) => element.textContent ?? '');
}

test('news goes away by itself', () => {
  toasts.show('saved', undefined, 1_000);
  expect(shown()).toEqual(['saved']);
  vi.advanceTimersByTime(1_000);
  expect(shown()).toEqual([]);
});

test('what can be undone does not go away while a finger or the keyboard is on it', () => {
  toasts.show('closed', { label: 'Undo', run: () => undefined }, 1_000);
  flushSync();
  const toast = document.querySelector('.toast');
  toast?.dispatchEvent(new Event('pointerenter'));
  vi.advanceTimersByTime(60_000);
  expect(shown()).toEqual(['closed']);
  toast?.dispatchEvent(new Event('pointerleave'));
  document.querySelector<HTMLElement>('.toast button')?.focus();
  vi.advanceTimersByTime(60_000);
  expect(shown()).toEqual(['closed']);
  document.querySelector<HTMLElement>('.toast button')?.blur();
  vi.advanceTimersByTime(1_000);
  expect(shown()).toEqual([]);
});

test('it is undone once, and gone', () => {
  const undo = vi.fn();
  toasts.show('closed', { label: 'Undo', run: undo }, 1_000);
  flushSync();
  document.querySelector<HTMLElement>('.toast button')?.click();
  expect(undo).toHaveBeenCalledOnce();
  expect(shown()).toEqual([]);
  toasts.release(1);
  vi.advanceTimersByTime(10_000);
  expect(shown()).toEqual([]);
});

test('news that is in the way is put away by its own button, and does nothing else', () => {
  const undo = vi.fn();
  toasts.show('closed', { label: 'Undo', run: undo });
  toasts.show('saved');
  flushSync();
  const away = document.querySelector<HTMLElement>('.toast button[aria-label="Put this away"]');
  away?.click();
  expect(shown()).toEqual(['saved']);
  expect(undo).not.toHaveBeenCalled();
});

test('the oldest gives way to a fourth', () => {
  for (const text of ['1', '2', '3', '4']) toasts.show(text);
  expect(shown()).toEqual(['2', '3', '4']);
});
