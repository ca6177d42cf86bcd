/** The API, typed by its own document. Every outcome is a value; nothing throws. Words of refusals are the server's. */

import { language } from '@/i18n/language.svelte';
import type { Api } from './schema.gen';
import { send } from './send';

export type Operation = keyof Api;
export type AnswerOf<K extends Operation> = Api[K]['answer'];
/** What an operation takes: `parts` of its path, `query`, `body`; a `Blob` is sent as it is. */
export type Given<K extends Operation> = Omit<Api[K], 'answer'>;

/** Why not, in words of the page's language; `more` has what a program needs besides (RFC 9457, section 3.2). */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly more: Readonly<Record<string, unknown>>;
}

export type Trouble = Refusal | { readonly kind: 'unreachable' };
export type Outcome<T> = { readonly kind: 'done'; readonly value: T } | Trouble;

interface AnyGiven {
  readonly parts?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

/** Asks for one operation: `ask('POST /api/county/rooms/{id}', { parts: { id }, body })`. */
export async function ask<K extends Operation>(
  operation: K,
  ...given: object extends Given<K> ? [given?: Given<K>] : [given: Given<K>]
): Promise<Outcome<AnswerOf<K>>> {
  const [method, path] = operation.split(' ') as [string, string];
  const { parts, query, body } = (given[0] ?? {}) as AnyGiven;
  try {
    const response = await send(addressOf(path, parts, query), {
      method,
      headers: {
        accept: 'application/json',
        'accept-language': language(),
        ...(body === undefined || body instanceof Blob ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
    });
    const told: unknown = await response.json();
    if (response.ok) return { kind: 'done', value: told as AnswerOf<K> };
    const { code, title, detail, ...more } = told as { code: string; title: string; detail: string };
    return { kind: 'refused', status: response.status, code, title, detail, more };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** The address of `path` with its parts filled in and `query` behind it; what is undefined is left out. */
export function addressOf(path: string, parts: AnyGiven['parts'] = {}, query: AnyGiven['query'] = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts[name] ?? ''));
  const asked = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return asked.length > 0 ? `${filled}?${new URLSearchParams(asked)}` : filled;
}
