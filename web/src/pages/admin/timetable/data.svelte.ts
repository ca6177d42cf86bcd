/** What the timetable section knows: the grid that is shown, and the term, bells and entries behind it. */
import { ask, type Trouble } from '@/api/ask';
import type {
  Change,
  CountyTimetableEntry as Entry,
  Grid,
  GridLesson,
  Provision,
  SpecialDay,
  Term,
} from '@/api/schema.gen';
import { AGAIN_MS, Loaded } from '../kit/loaded.svelte';
import { termOf } from './week';

export const GRIDS = ['county', 'school', 'community', 'teacher', 'room', 'class'] as const;
export type GridOf = (typeof GRIDS)[number];

/** Whose week, and which: `id` is of no meaning for the county's; `monday` is its first day. */
export interface View {
  readonly of: GridOf;
  readonly id: string;
  readonly monday: string;
}

export class TimetableData {
  readonly bells = new Loaded(() => ask('GET /api/county/bells'));
  readonly choices = new Loaded(() => ask('GET /api/county/choices'));
  readonly terms = new Loaded(() => ask('GET /api/county/terms'));
  grid = $state.raw<Grid | null>(null);
  provision = $state.raw<Provision | null>(null);
  special = $state.raw<readonly SpecialDay[]>([]);
  entries = $state.raw<readonly Entry[]>([]);
  changes = $state.raw<readonly Change[]>([]);
  trouble = $state.raw<Trouble | null>(null);
  /** The term the shown week belongs to. */
  term = $state.raw<Term | null>(null);
  busy = $state(false);
  #view: View | null = null;
  #asked = 0;

  /** Everything that does not change with the week. */
  async need(): Promise<void> {
    await Promise.all([this.bells.need(), this.choices.need()]);
  }

  /** Shows a week; of several asked for, the latest counts. */
  async show(view: View): Promise<void> {
    this.#view = view;
    this.#asked += 1;
    const mine = this.#asked;
    this.busy = true;
    if (this.terms.value === null) await this.terms.reload();
    const term = termOf(this.terms.value ?? [], view.monday);
    const query = { of: view.of, id: view.id, from: view.monday };
    const [grid, provision, behind] = await Promise.all([
      ask('GET /api/county/grid', { query: { ...query, days: '7' } }),
      view.of === 'teacher' ? null : ask('GET /api/county/provision', { query }),
      behindOf(term),
    ]);
    if (mine !== this.#asked) return;
    this.busy = false;
    this.trouble = grid.kind === 'done' ? null : grid;
    if (grid.kind === 'unreachable') setTimeout(() => void this.#retry(mine), AGAIN_MS);
    if (grid.kind === 'done') this.grid = grid.value;
    this.provision = provision?.kind === 'done' ? provision.value : null;
    this.term = term;
    [this.special, this.entries, this.changes] = behind;
  }

  /** Asks again for what is shown, after a change. */
  async refresh(): Promise<void> {
    if (this.#view) await this.show(this.#view);
  }

  /** Once more, unless another week was asked for since. */
  async #retry(asked: number): Promise<void> {
    if (asked === this.#asked) await this.refresh();
  }

  entryOf(lesson: GridLesson): Entry | null {
    return this.entries.find(({ id }) => id === lesson.entry_id) ?? null;
  }

  changeOf(lesson: GridLesson): Change | null {
    return this.changes.find(({ entry_id, day }) => entry_id === lesson.entry_id && day === lesson.entry_day) ?? null;
  }
}

/** Holidays, entries and changed days of a term. */
async function behindOf(term: Term | null): Promise<[readonly SpecialDay[], readonly Entry[], readonly Change[]]> {
  if (term === null) return [[], [], []];
  const parts = { id: term.id };
  const [days, entries, changes] = await Promise.all([
    ask('GET /api/county/terms/{id}/days', { parts }),
    ask('GET /api/county/terms/{id}/entries', { parts }),
    ask('GET /api/county/terms/{id}/changes', { parts }),
  ]);
  return [
    days.kind === 'done' ? days.value : [],
    entries.kind === 'done' ? entries.value : [],
    changes.kind === 'done' ? changes.value : [],
  ];
}
