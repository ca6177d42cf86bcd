/** The few requests that pages make before a lesson begins. Every outcome is a value; nothing throws. */
import { send } from '@/api/send';
import { setCountyZone } from '@/i18n/zone.svelte';
import type { LessonCard } from '@/signaling/wire.gen';

export interface School {
  readonly id: string;
  readonly school: string;
  readonly name: string;
}

/** UNJUDGED is over, its log not read yet; names in capitals are those of the field's own reports. */
export type LessonState =
  | 'planned'
  | 'live'
  | 'UNJUDGED'
  | 'VALID'
  | 'INVALID'
  | 'REASONABLE_MISSED'
  | 'UNREASONABLE_MISSED';

/** Whether the lesson can still be held; one that nobody started in time can. */
export function isOpen(state: LessonState): boolean {
  return state === 'planned' || state === 'live' || state === 'UNREASONABLE_MISSED';
}

/** A line of GET /api/lessons: today's lesson as this device may see it. */
export interface LessonToday {
  readonly lesson: LessonCard;
  readonly state: LessonState;
  readonly lead: School;
  readonly classrooms: readonly School[];
  readonly you: { readonly id: string; readonly role: string };
  readonly recording_id: string | null;
}

export type Lessons =
  | { readonly kind: 'lessons'; readonly lessons: readonly LessonToday[] }
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'unreachable' };

/** GET /api/me: whose device this is; `zone` is the county's, an IANA name. */
export interface Me {
  readonly id: string;
  readonly name: string;
  readonly school: string;
  readonly page: string;
  readonly zone: string;
}

export type Known =
  | ({ readonly kind: 'known' } & Me)
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'unreachable' };

export type Entry =
  | { readonly kind: 'entered'; readonly page: string }
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too_many' }
  | { readonly kind: 'unreachable' };

/** The token of a join link's fragment, `#token=...`; null without one. */
export function tokenIn(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('token');
}

/** Takes the token out of the address bar, before anything else can read or share it; null when there is none. */
export function takeToken(): string | null {
  const token = tokenIn(location.hash);
  if (token !== null) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/** Whom a page is for when it opens: by its link's token, or without one by the cookie of an earlier visit. */
export async function arrive(token: string | null): Promise<Entry> {
  if (token !== null) return enter(token);
  const known = await whoAmI();
  return known.kind === 'known' ? { kind: 'entered', page: known.page } : known;
}

/** Exchanges a link's token for this browser's cookie. */
export async function enter(token: string): Promise<Entry> {
  try {
    const response = await send('/api/enter', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (response.ok) {
      const entered = (await response.json()) as { page: string; zone: string };
      setCountyZone(entered.zone);
      return { kind: 'entered', page: entered.page };
    }
    if (response.status === 429) return { kind: 'too_many' };
    return response.status < 500 ? { kind: 'refused' } : { kind: 'unreachable' };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** Today's lessons of this device, in the order of their time. */
export async function lessonsToday(): Promise<Lessons> {
  try {
    const response = await fetch('/api/lessons', { headers: { accept: 'application/json' } });
    if (response.status === 401 || response.status === 403) return { kind: 'signed_out' };
    if (!response.ok) return { kind: 'unreachable' };
    const lessons = (await response.json()) as LessonToday[];
    return { kind: 'lessons', lessons: [...lessons].sort(byTime) };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** Whom this browser's cookie stands for. */
export async function whoAmI(): Promise<Known> {
  try {
    const response = await fetch('/api/me', { headers: { accept: 'application/json' } });
    if (response.status === 401 || response.status === 403) return { kind: 'signed_out' };
    if (!response.ok) return { kind: 'unreachable' };
    const me = (await response.json()) as Me;
    setCountyZone(me.zone);
    return { kind: 'known', ...me };
  } catch {
    return { kind: 'unreachable' };
  }
}

function byTime(one: LessonToday, other: LessonToday): number {
  return Date.parse(one.lesson.planned_start) - Date.parse(other.lesson.planned_start);
}
