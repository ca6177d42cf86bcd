/** Where in the admin page one is: `#/<section>/<path...>`; Back and Forward work, and an address can be shared. */
import { onDestroy } from 'svelte';

export interface Place {
  readonly section: string;
  readonly path: readonly string[];
}

/** The place that a fragment names; an empty section where it names none. */
export function placeOf(fragment: string): Place {
  const [section = '', ...path] = fragment.replace(/^#\/?/, '').split('/').filter(Boolean).map(decoded);
  return { section, path };
}

/** The fragment of a place, for links: `#/rooms/room-1`. */
export function addressOf(section: string, ...path: string[]): string {
  return `#/${[section, ...path].map(encodeURIComponent).join('/')}`;
}

/** Goes to a place. Panels have places too, so Back closes them and a link opens them. */
export function go(section: string, ...path: string[]): void {
  location.hash = addressOf(section, ...path);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // typed by hand
  }
}

/** The place now, followed while the component that made it lives. */
export class Route {
  place = $state.raw<Place>(placeOf(location.hash));

  constructor() {
    const follow = (): void => {
      this.place = placeOf(location.hash);
    };
    addEventListener('hashchange', follow);
    onDestroy(() => removeEventListener('hashchange', follow));
  }
}
