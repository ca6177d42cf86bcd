/** The roles of staff, those that most people have first. What each may do is in docs/rights.md. */
import type { StaffTold } from '@/api/schema.gen';

export type StaffRole = StaffTold['role'];

export const ROLES: readonly StaffRole[] = [
  'lead',
  'assistant',
  'school_admin',
  'trainer',
  'inspector',
  'county_admin',
];

/** Whether the role is one within a school; the others are the county's. */
export function ofSchool(role: StaffRole): boolean {
  return role === 'lead' || role === 'assistant' || role === 'school_admin';
}
