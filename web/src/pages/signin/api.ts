/** The requests of the sign-in page. Every outcome is a value; nothing throws. Words of refusals come from the server. */
import { send } from '@/api/send';
import { language } from '@/i18n/language.svelte';

/** A QR code as the server draws it: a square of `size` modules and one path that fills the dark ones. */
export interface Qr {
  readonly size: number;
  readonly path: string;
}

/** What was typed so far; each step sends it again. */
export interface Given {
  readonly name: string;
  readonly password: string;
  readonly code?: string;
  readonly new_password?: string;
}

/** POST /api/sign-in */
export interface Step {
  readonly next: 'code' | 'new_password' | 'set_up_code' | 'open';
  readonly page: string;
  readonly secret: string;
  readonly qr: Qr | null;
  readonly recovery_codes: readonly string[];
}

/** POST /api/sign-in/screen */
export interface Screen {
  readonly id: string;
  readonly code: string;
  readonly address: string;
  readonly qr: Qr;
  readonly lives_s: number;
}

/** POST /api/sign-in/screen/collect */
export interface ScreenState {
  readonly state: 'waiting' | 'over' | 'open';
  readonly page: string;
}

/** GET /api/sign-in/screen/<id> */
export interface AskingScreen {
  readonly code: string;
  readonly browser: string;
  readonly network: string;
  readonly same_network: boolean;
}

/** GET /api/account */
export interface Account {
  readonly sign_in_name: string | null;
  readonly code: boolean;
  readonly code_needed: boolean;
}

/** A line of GET /api/account/sign-ins */
export interface SignIn {
  readonly id: string;
  readonly began_ms: number;
  readonly network: string;
  readonly browser: string;
  readonly way: 'password' | 'link' | 'phone';
  readonly here: boolean;
}

/** Why not, in the server's words, in the language of the page. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly waitS: number;
}

export type Answer<T> = { readonly kind: 'done'; readonly value: T } | Refusal | { readonly kind: 'unreachable' };

export const signIn = (given: Given): Promise<Answer<Step>> => ask('POST', '/api/sign-in', given);
export const showScreen = (): Promise<Answer<Screen>> => ask('POST', '/api/sign-in/screen');
export const collectScreen = (id: string): Promise<Answer<ScreenState>> =>
  ask('POST', '/api/sign-in/screen/collect', { id });
export const lookAtScreen = (id: string): Promise<Answer<AskingScreen>> =>
  ask('GET', `/api/sign-in/screen/${encodeURIComponent(id)}`);
export const approveScreen = (id: string): Promise<Answer<unknown>> =>
  ask('POST', '/api/sign-in/screen/approve', { id });
export const account = (): Promise<Answer<Account>> => ask('GET', '/api/account');
export const signIns = (): Promise<Answer<{ readonly sign_ins: readonly SignIn[] }>> =>
  ask('GET', '/api/account/sign-ins');
export const endSignIn = (id: string): Promise<Answer<unknown>> => ask('POST', '/api/account/sign-ins/end', { id });
export const leave = (): Promise<Answer<unknown>> => ask('POST', '/api/leave');
export const leaveEverywhere = (): Promise<Answer<unknown>> => ask('POST', '/api/account/leave-everywhere');
export const changePassword = (password: string, new_password: string): Promise<Answer<unknown>> =>
  ask('POST', '/api/account/password', { password, new_password });

async function ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer<T>> {
  try {
    const response = await send(path, {
      method,
      headers: { 'accept-language': language(), ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (response.ok) return { kind: 'done', value: (await response.json()) as T };
    const problem = (await response.json()) as { code: string; title: string; detail: string };
    return { kind: 'refused', ...problem, waitS: Number(response.headers.get('retry-after') ?? 0) };
  } catch {
    return { kind: 'unreachable' };
  }
}
