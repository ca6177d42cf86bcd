/** What a county needs before its first lesson, in the order in which one thing needs the other. */
import type { Standing } from '@/api/schema.gen';
import type { IconName } from '@/ui/icons';
import { addressOf } from '../route.svelte';

export interface Step {
  /** Its words are `admin-start:step.<id>`. */
  readonly id: string;
  readonly icon: IconName;
  /** Where it is done; the last one is done here. */
  readonly address: string | null;
  readonly done: (standing: Standing) => boolean;
}

export const STEPS: readonly Step[] = [
  {
    id: 'schools',
    icon: 'school',
    address: addressOf('schools', 'new'),
    done: ({ centres, points }) => centres > 0 && points > 0,
  },
  {
    id: 'rooms',
    icon: 'door',
    address: addressOf('rooms', 'new'),
    done: ({ rooms, schools_without_room }) => rooms > 0 && schools_without_room === 0,
  },
  { id: 'people', icon: 'people', address: addressOf('people', 'new'), done: ({ teachers }) => teachers > 0 },
  { id: 'classes', icon: 'list', address: addressOf('classes', 'new'), done: ({ classes }) => classes > 0 },
  { id: 'subjects', icon: 'book', address: addressOf('subjects', 'new'), done: ({ subjects }) => subjects > 0 },
  {
    id: 'communities',
    icon: 'together',
    address: addressOf('communities', 'new'),
    done: ({ communities }) => communities > 0,
  },
  { id: 'year', icon: 'clock', address: addressOf('year'), done: ({ terms, bells }) => terms > 0 && bells > 0 },
  { id: 'timetable', icon: 'calendar', address: addressOf('timetable'), done: ({ entries }) => entries > 0 },
  { id: 'devices', icon: 'screen', address: addressOf('devices'), done: ({ devices }) => devices > 0 },
  { id: 'rehearsal', icon: 'play', address: null, done: ({ rehearsals }) => rehearsals > 0 },
];

/** The first step that is not done; undefined once all are. */
export function nextStep(standing: Standing): Step | undefined {
  return STEPS.find((step) => !step.done(standing));
}

/** Whether a rehearsal can be held: who, what and where are there; a timetable and a screen may come later. */
export function canRehearse({ communities, rooms, subjects }: Standing): boolean {
  return communities > 0 && rooms > 0 && subjects > 0;
}
