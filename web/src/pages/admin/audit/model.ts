/** Rows of the audit log in words: an action, what was done, why it was refused. By value. */
import type { AuditRow } from '@/api/schema.gen';
import { language, t } from '@/i18n/language.svelte';

export type Entry = AuditRow['entry'];
export type Outcome = Entry['outcome'];

/** What is asked for; undefined is anything. */
export interface Wanted {
  readonly who?: string | undefined;
  readonly room?: string | undefined;
  readonly what?: string | undefined;
  readonly outcome?: string | undefined;
  readonly day?: string | undefined;
}

export const NOTHING: Wanted = {};

export interface Row extends AuditRow {
  readonly id: string;
}

export function rowOf(row: AuditRow): Row {
  return { ...row, id: String(row.number) };
}

export function toneOf(outcome: Outcome): 'calm' | 'good' | 'warn' {
  return outcome === 'refused' ? 'warn' : outcome === 'changed' ? 'good' : 'calm';
}

/** Who it was where no account is named: the command line on the server, the server by itself, or a stranger. */
export function nobodyWords({ role }: Pick<Entry, 'role'>): string {
  return t(`admin-audit:${role === 'operator' || role === 'server' ? role : 'stranger'}`, { lng: language() });
}

/** What was done, or tried: the action's name; one that has no words yet is shown as it is written. */
export function whatWords({ what }: Pick<Entry, 'what'>): string {
  return worded(`admin-audit:action.${what.replaceAll('.', '_')}`, what);
}

/** How it was changed, or why refused; of a message in a lesson (`not_allowed.call_on`) also what it asked for. */
export function codeWords({ code, outcome }: Pick<Entry, 'code' | 'outcome'>): string {
  if (code === '') return '';
  const [why = '', message] = code.split('.');
  const words = worded(`admin-audit:${outcome === 'refused' ? 'refusal' : 'change'}.${why}`, why.replaceAll('_', ' '));
  return message ? `${words} · ${worded(`admin-audit:message.${message}`, message.replaceAll('_', ' '))}` : words;
}

function worded(key: string, otherwise: string): string {
  return t(key, { lng: language(), defaultValue: otherwise });
}
