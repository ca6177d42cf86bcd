/** The door of a page: who is let in by a link or by the cookie of an earlier visit, and why somebody is not. */
import { type Entry, enter, whoAmI } from './api';

/** Why a page stays closed; `none`: nobody is signed in here. The words are `ui:signedOut` and `ui:unreachable`. */
export type Outside =
  | { readonly kind: 'none' | 'refused' | 'tooMany' | 'unreachable' }
  | { readonly kind: 'wrongPage'; readonly page: string };

/** What becomes of whoever did not enter; `before`: what she was told last, a refused link being told until she is in. */
export function outsideBy(entry: Exclude<Entry, { readonly kind: 'entered' }>, before?: Outside): Outside {
  switch (entry.kind) {
    case 'signed_out':
      return before?.kind === 'refused' || before?.kind === 'tooMany' ? before : { kind: 'none' };
    case 'too_many':
      return { kind: 'tooMany' };
    default:
      return { kind: entry.kind };
  }
}

/** For a page that simply asks for what it shows: its link is taken first, and a refusal of the answer is explained. */
export class Door {
  #closed: Outside = { kind: 'none' };

  constructor(private token: string | null) {}

  /** Exchanges the link's token, once; false: the server was not reached, and it has still to be done. */
  async taken(): Promise<boolean> {
    if (this.token === null) return true;
    const entry = await enter(this.token);
    if (entry.kind === 'unreachable') return false;
    this.token = null;
    if (entry.kind !== 'entered') this.#closed = outsideBy(entry);
    return true;
  }

  /** Why the page was answered `status`, 401 or 403, instead of what it asked for. */
  async why(status: number): Promise<Outside> {
    if (status !== 403) return this.#closed;
    const me = await whoAmI();
    return me.kind === 'known' ? { kind: 'wrongPage', page: me.page } : outsideBy(me);
  }
}
