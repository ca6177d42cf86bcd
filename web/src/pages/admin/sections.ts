/** The sections of the admin page: one row each, in the order of the navigation. */
import type { Component } from 'svelte';
import type { Action } from '@/api/schema.gen';
import type { IconName } from '@/ui/icons';

export type Group = 'start' | 'who' | 'teach' | 'care' | 'rules';

/** `path`: what stands behind the section in the address, `#/rooms/<path[0]>/<path[1]>`; a section may do without. */
export type SectionComponent = Component<{ path: readonly string[] }>;

export interface Section {
  /** Its address is `#/<id>`, its words are in `admin-<id>.json`: `nav` in the navigation, `title` above it. */
  readonly id: string;
  readonly group: Group;
  readonly icon: IconName;
  /** Who sees it: whoever has this right. */
  readonly action: Action;
  readonly load: () => Promise<{ default: SectionComponent | Component<Record<string, never>> }>;
}

export const GROUPS: readonly Group[] = ['start', 'who', 'teach', 'care', 'rules'];

export const SECTIONS: readonly Section[] = [
  {
    id: 'start',
    group: 'start',
    icon: 'home',
    action: 'county.read',
    load: () => import('./start/Section.svelte'),
  },
  {
    id: 'import',
    group: 'start',
    icon: 'upload',
    action: 'county.read',
    load: () => import('./import/Section.svelte'),
  },
  {
    id: 'schools',
    group: 'who',
    icon: 'school',
    action: 'county.read',
    load: () => import('./schools/Section.svelte'),
  },
  {
    id: 'rooms',
    group: 'who',
    icon: 'door',
    action: 'county.read',
    load: () => import('./rooms/Section.svelte'),
  },
  {
    id: 'classes',
    group: 'who',
    icon: 'list',
    action: 'county.read',
    load: () => import('./classes/Section.svelte'),
  },
  {
    id: 'people',
    group: 'who',
    icon: 'people',
    action: 'county.read',
    load: () => import('./people/Section.svelte'),
  },
  {
    id: 'timetable',
    group: 'teach',
    icon: 'calendar',
    action: 'timetable.read',
    load: () => import('./timetable/Section.svelte'),
  },
  {
    id: 'lessons',
    group: 'teach',
    icon: 'check',
    action: 'timetable.read',
    load: () => import('./lessons/Section.svelte'),
  },
  {
    id: 'communities',
    group: 'teach',
    icon: 'together',
    action: 'county.read',
    load: () => import('./communities/Section.svelte'),
  },
  {
    id: 'subjects',
    group: 'teach',
    icon: 'book',
    action: 'county.read',
    load: () => import('./subjects/Section.svelte'),
  },
  {
    id: 'year',
    group: 'teach',
    icon: 'clock',
    action: 'county.read',
    load: () => import('./year/Section.svelte'),
  },
  {
    id: 'devices',
    group: 'care',
    icon: 'screen',
    action: 'devices.read',
    load: () => import('./devices/Section.svelte'),
  },
  {
    id: 'alerts',
    group: 'care',
    icon: 'alert',
    action: 'devices.read',
    load: () => import('./alerts/Section.svelte'),
  },
  {
    id: 'privacy',
    group: 'rules',
    icon: 'shield',
    action: 'consent.read',
    load: () => import('./privacy/Section.svelte'),
  },
  {
    id: 'audit',
    group: 'rules',
    icon: 'list',
    action: 'audit.read',
    load: () => import('./audit/Section.svelte'),
  },
  {
    id: 'policy',
    group: 'rules',
    icon: 'gear',
    action: 'county.read',
    load: () => import('./policy/Section.svelte'),
  },
];

/** The sections that somebody with these rights sees. */
export function visible(rights: Readonly<Record<string, unknown>>): readonly Section[] {
  return SECTIONS.filter(({ action }) => rights[action] !== undefined);
}

/** Whether this page is for somebody with these rights: who looks after a school, or looks into all of the county. */
export function worksHere(rights: Readonly<Record<string, unknown>>): boolean {
  return rights['school.change'] !== undefined || rights['county.read'] === 'county';
}
