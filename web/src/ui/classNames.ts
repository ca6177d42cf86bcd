/** What classes to choose from are called: by their names, with the grade where two have the same. Pure. */
import type { CoverClass } from '@/api/schema.gen';

export function classNames(
  classes: readonly CoverClass[],
  withGrade: (one: CoverClass) => string,
): { readonly value: string; readonly label: string }[] {
  const times = new Map<string, number>();
  for (const { name } of classes) times.set(name, (times.get(name) ?? 0) + 1);
  return classes.map((one) => ({ value: one.id, label: times.get(one.name) === 1 ? one.name : withGrade(one) }));
}
