/** How the states of a lesson look: one tone and one sign each, so that colour is never alone. */
import type { GridLesson } from '@/api/schema.gen';
import type { IconName } from '@/ui/icons';

export type State = GridLesson['state'];

/** In the order of the legend. */
export const STATES: readonly State[] = [
  'planned',
  'live',
  'UNJUDGED',
  'VALID',
  'INVALID',
  'REASONABLE_MISSED',
  'UNREASONABLE_MISSED',
];

export const SIGNS: Readonly<Record<State, IconName>> = {
  planned: 'clock',
  live: 'play',
  UNJUDGED: 'search',
  VALID: 'check',
  INVALID: 'alert',
  REASONABLE_MISSED: 'pause',
  UNREASONABLE_MISSED: 'close',
};
