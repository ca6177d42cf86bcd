// @vitest-environment happy-dom
import { createRawSnippet, flushSync, mount, tick, unmount } from 'svelte';
import { afterEach, expect, test } from 'vitest';
import Panel from '@/pages/admin/kit/Panel.svelte';

afterEach(() => document.body.replaceChildren());

/** Opens a panel from a button and takes it away as a saved form is; what has the keyboard then. */
async function afterwards(meanwhile: () => void): Promise<string | undefined> {
  document.body.innerHTML = '<main id="main" tabindex="-1"><button id="add"></button></main>';
  document.getElementById('add')?.focus();
  const children = createRawSnippet(() => ({ render: () => '<input data-first>' }));
  const app = mount(Panel, { target: document.body, props: { title: 'A', close: () => undefined, children } });
  flushSync();
  meanwhile();
  await unmount(app);
  await tick();
  return document.activeElement?.id;
}

test('a panel that is done gives the keyboard back to what opened it', async () => {
  expect(await afterwards(() => undefined)).toBe('add');
});

test('where that is gone, as in a list that is no longer empty, the section gets it', async () => {
  expect(await afterwards(() => document.getElementById('add')?.remove())).toBe('main');
});
