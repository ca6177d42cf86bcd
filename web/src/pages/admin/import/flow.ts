/** An import on its way: a file is chosen, judged, shown, written. One state at a time. */
import { ask, type Refusal, type Trouble } from '@/api/ask';
import type { ImportDone, ImportPreview } from '@/api/schema.gen';

export type Stage =
  | { readonly kind: 'choosing'; readonly trouble: Trouble | null }
  | { readonly kind: 'reading'; readonly file: File }
  | { readonly kind: 'shown'; readonly file: File; readonly preview: ImportPreview; readonly trouble: Trouble | null }
  | { readonly kind: 'writing'; readonly file: File; readonly preview: ImportPreview }
  | { readonly kind: 'done'; readonly file: File; readonly done: ImportDone };

/** What the server reads at most, in bytes (server/exchange/limits.py). */
export const MOST_BYTES = 8 * 1024 * 1024;
export const KINDS = '.xlsx,.csv,.zip,.txt';

/** What the file would change; `whole`: it holds the whole timetable of its terms. */
export async function preview(file: File, whole: boolean): Promise<Stage> {
  const query = { name: file.name, whole: whole ? '1' : undefined };
  const outcome = await ask('POST /api/exchange/preview', { query, body: await fresh(file) });
  if (outcome.kind === 'done') return { kind: 'shown', file, preview: outcome.value, trouble: null };
  return { kind: 'choosing', trouble: withOwnWords(outcome) };
}

/** Writes what was shown. An outdated preview stays on the page, with the reason. */
export async function write(file: File, shown: ImportPreview, whole: boolean): Promise<Stage> {
  const query = { name: file.name, whole: whole ? '1' : undefined, token: shown.token };
  const outcome = await ask('POST /api/exchange/import', { query, body: await fresh(file) });
  if (outcome.kind === 'done') return { kind: 'done', file, done: outcome.value };
  return { kind: 'shown', file, preview: shown, trouble: withOwnWords(outcome) };
}

/** How many rows each thing happened to, over all tables. */
export function total(
  tables: ImportPreview['tables'],
  what: 'new' | 'changed' | 'unchanged' | 'faulty' | 'removed',
): number {
  return tables.reduce((sum, table) => sum + table[what], 0);
}

/** The file's bytes of this moment; a file that was moved or changed on disk cannot be read any more. */
async function fresh(file: File): Promise<Blob> {
  try {
    return new Blob([await file.arrayBuffer()]);
  } catch {
    return new Blob([]);
  }
}

/** What is wrong with this very file comes beside the general words. */
function withOwnWords(trouble: Trouble): Trouble {
  const own = trouble.kind === 'refused' ? (trouble as Refusal).more.words : undefined;
  return trouble.kind === 'refused' && typeof own === 'string' ? { ...trouble, detail: own } : trouble;
}
