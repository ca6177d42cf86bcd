/** The objects of a part of a board: what many have in common is told once for all of them (docs/protocol.md, P26). */
import { strokesOf } from '@/board/columns';
import type { BoardObject, BoardPart, IdRun, OperationId } from '@/signaling/wire.gen';

/** In drawing order. */
export function objectsOf({ ids, pens, hidden, points }: BoardPart): BoardObject[] {
  const named = ids.flatMap(idsOf);
  const hands = pens.flatMap(({ count, ...pen }) => Array<typeof pen>(count).fill(pen));
  const hiders = hidden.flatMap(({ skip, count, by }) => [
    ...Array<OperationId[]>(skip).fill([]),
    ...Array<OperationId[]>(count).fill(by),
  ]);
  const strokes = strokesOf(points, named.length);
  return named.map((id, at) => ({
    id,
    ...(hands[at] as (typeof hands)[number]),
    points: strokes[at] as number[],
    hidden_by: [...(hiders[at] ?? [])],
  }));
}

function idsOf({ of, first, count }: IdRun): OperationId[] {
  return count ? Array.from({ length: count }, (_, at) => `${of}-${first + at}`) : [of];
}
