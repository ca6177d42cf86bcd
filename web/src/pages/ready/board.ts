/** The ready board's data (server/api/ready.py) and what follows from it, by value. */

import type { LessonCard } from '@/signaling/wire.gen';
import type { LessonToday } from '@/ui/api';

export type Light = 'green' | 'amber' | 'red' | 'over';

export interface Reason {
  readonly code: string;
  readonly light: Light;
}

export interface Readiness {
  readonly light: Light;
  readonly reasons: readonly Reason[];
}

export interface ReadyRoom {
  readonly id: string;
  readonly name: string;
  readonly school: string;
  readonly ready: Readiness;
  readonly heard: string | null;
}

export interface ReadyLesson {
  readonly lesson: LessonCard;
  readonly state: LessonToday['state'];
  readonly teacher: string;
  readonly school: string;
  readonly light: Light;
  readonly ready: Readiness;
  readonly rooms: readonly ReadyRoom[];
}

export interface ReadyBoard {
  readonly now: string;
  readonly zone: string;
  readonly lessons: readonly ReadyLesson[];
}

export type Answer =
  | { readonly kind: 'board'; readonly board: ReadyBoard }
  | { readonly kind: 'signed_out' | 'not_yours' | 'unreachable' };

export async function readyBoard(): Promise<Answer> {
  try {
    const response = await fetch('/api/ready', { headers: { accept: 'application/json' } });
    if (response.status === 401) return { kind: 'signed_out' };
    if (response.status === 403) return { kind: 'not_yours' };
    return response.ok ? { kind: 'board', board: (await response.json()) as ReadyBoard } : { kind: 'unreachable' };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** The word for a lesson's state, of `ready:state`. */
export function stateWord(state: LessonToday['state']): 'planned' | 'live' | 'over' | 'missed' | 'excused' {
  switch (state) {
    case 'planned':
    case 'live':
      return state;
    case 'REASONABLE_MISSED':
      return 'excused';
    case 'UNREASONABLE_MISSED':
      return 'missed';
    default:
      return 'over';
  }
}

/** The catalog key of a reason: a fault of a device, or one of the board's own. */
export function reasonKey(code: string): string {
  return code.includes('.') ? `devices:fault.${code}.name` : `ready:reason.${code}`;
}

/** How many rooms of the lessons that are to come or under way have each light. */
export function counts(lessons: readonly ReadyLesson[]): Record<Light, number> {
  const found: Record<Light, number> = { green: 0, amber: 0, red: 0, over: 0 };
  for (const { rooms } of lessons) for (const { ready } of rooms) found[ready.light] += 1;
  return found;
}

/** Lessons to come and under way stand first, by time; what is over, and needs nobody, last. */
export function inOrder(lessons: readonly ReadyLesson[]): ReadyLesson[] {
  const over = (entry: ReadyLesson): boolean => entry.state !== 'planned' && entry.state !== 'live';
  return [...lessons.filter((entry) => !over(entry)), ...lessons.filter(over)];
}

/** Hours and minutes of a time (RFC 3339) as clocks in `zone` show it. */
export function timeIn(zone: string, language: string, rfc3339: string): string {
  const shown = { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: zone } as const;
  return new Intl.DateTimeFormat(language, shown).format(new Date(rfc3339));
}
