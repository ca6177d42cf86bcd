/** What every section may use: who is here and what she may do, the shared lists, and news at the foot of the page. */
import { getContext, setContext } from 'svelte';
import type { Outcome, Trouble } from '@/api/ask';
import type { Action, Me } from '@/api/schema.gen';
import { t } from '@/i18n/language.svelte';
import { Toasts } from '@/ui/toasts.svelte';
import { Lists } from './lists.svelte';

/** Long enough to read what happened, think, and find the button. */
const UNDO_FOR_MS = 30_000;

export class Admin {
  readonly lists = new Lists();
  readonly toasts = new Toasts();

  constructor(readonly me: Me) {}

  /** Whether the person may do this at all; on which rows, the server says. */
  can(action: Action): boolean {
    return this.me.rights[action] !== undefined;
  }

  /** Whether she may do it in all of the county, and not only in her own school. */
  canAll(action: Action): boolean {
    return this.me.rights[action] === 'county';
  }

  /** Says that something is done; with `undo`, a button takes it back. */
  tell(text: string, undo?: () => void | Promise<void>): void {
    const action = undo && { label: t('admin:undo'), run: () => void undo() };
    this.toasts.show(text, action, undo ? UNDO_FOR_MS : undefined);
  }

  /** Says that something is gone; the button asks for it back, and `after` shows how things stand then. */
  tellGone(text: string, back: () => Promise<Outcome<unknown>>, after: () => Promise<unknown>): void {
    this.tell(text, async () => {
      const outcome = await back();
      if (outcome.kind === 'done') await after();
      else this.regret(outcome);
    });
  }

  /** Says what went wrong, in the server's words. */
  regret(trouble: Trouble): void {
    this.toasts.show(wordsOf(trouble), undefined, UNDO_FOR_MS);
  }
}

const KEY = Symbol('admin');

export function provideAdmin(me: Me): Admin {
  return setContext(KEY, new Admin(me));
}

/** The admin of the page that the component is in. */
export function useAdmin(): Admin {
  return getContext<Admin>(KEY);
}

/** A trouble as one line. */
export function wordsOf(trouble: Trouble): string {
  if (trouble.kind === 'unreachable') return t('ui:unreachable.again');
  return `${trouble.title} ${trouble.detail}`;
}
