/** The way through the sign-in page: which screen follows which answer. Pure. */
import type { Answer, Given, Qr, Step } from './api';

export type View =
  | { readonly kind: 'name'; readonly given: Given }
  | { readonly kind: 'code'; readonly given: Given }
  | { readonly kind: 'new_password'; readonly given: Given }
  | { readonly kind: 'set_up_code'; readonly given: Given; readonly secret: string; readonly qr: Qr }
  | { readonly kind: 'recovery'; readonly codes: readonly string[]; readonly page: string }
  | { readonly kind: 'in'; readonly page: string };

export type Trouble =
  | { readonly kind: 'words'; readonly title: string; readonly detail: string; readonly minutes: number }
  | { readonly kind: 'unreachable' };

export const NOTHING: Given = { name: '', password: '' };

/** The screen after an answer, and what went wrong, if anything did. */
export function after(view: View, given: Given, answer: Answer<Step>): { view: View; trouble: Trouble | null } {
  if (answer.kind === 'unreachable') return { view, trouble: { kind: 'unreachable' } };
  if (answer.kind === 'refused') {
    const minutes = Math.ceil(answer.waitS / 60);
    return {
      view: beforeAgain(view, given, answer.code),
      trouble: { kind: 'words', title: answer.title, detail: answer.detail, minutes },
    };
  }
  return { view: next(given, answer.value), trouble: null };
}

/** Where to take up again: at the name, at the code if it grew old while a new password was thought of, or here. */
function beforeAgain(view: View, given: Given, code: string): View {
  if (['sign_in_refused', 'sign_in_wait', 'one_time_expired'].includes(code)) {
    return { kind: 'name', given: { name: given.name, password: '' } };
  }
  if (code === 'code_refused' && view.kind === 'new_password') {
    return { kind: 'code', given: { name: given.name, password: given.password } };
  }
  return view;
}

function next(given: Given, step: Step): View {
  switch (step.next) {
    case 'open':
      return step.recovery_codes.length > 0
        ? { kind: 'recovery', codes: step.recovery_codes, page: step.page }
        : { kind: 'in', page: step.page };
    case 'set_up_code':
      return step.qr
        ? { kind: 'set_up_code', given: kept(given), secret: step.secret, qr: step.qr }
        : { kind: 'name', given: NOTHING };
    default:
      return { kind: step.next, given };
  }
}

/** Once the new password is taken it is the password; a code is never sent twice. */
function kept(given: Given): Given {
  return { name: given.name, password: given.new_password ?? given.password };
}

/** The id in `#approve=<id>`, of a screen that asks to be signed in; null without one. */
export function askedBy(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('approve');
}

/** A secret in groups of four, to be typed by hand. */
export function grouped(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ');
}
