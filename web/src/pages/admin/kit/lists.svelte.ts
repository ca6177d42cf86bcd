/** What a county consists of, asked once and shared by all sections; whoever changes something reloads its list. */
import { ask } from '@/api/ask';
import { Loaded } from './loaded.svelte';

export class Lists {
  readonly county = new Loaded(() => ask('GET /api/county'));
  readonly schools = new Loaded(() => ask('GET /api/county/schools'));
  readonly rooms = new Loaded(() => ask('GET /api/county/rooms'));
  readonly classes = new Loaded(() => ask('GET /api/county/classes'));
  readonly subjects = new Loaded(() => ask('GET /api/county/subjects'));
  readonly staff = new Loaded(() => ask('GET /api/county/staff'));
  readonly communities = new Loaded(() => ask('GET /api/county/communities'));
  readonly terms = new Loaded(() => ask('GET /api/county/terms'));

  /** How far the county is set up. */
  readonly setup = new Loaded(() => ask('GET /api/county/setup'));

  /** The name of the thing with this id, of the lists that were asked for; empty where it is not there. */
  nameOf(list: 'schools' | 'rooms' | 'classes' | 'subjects' | 'staff' | 'terms', id: string | null): string {
    const found: readonly { id: string; name: string }[] = this[list].value ?? [];
    return found.find((one) => one.id === id)?.name ?? '';
  }
}
