/** Until when an invitation holds. Pure. */
import { addDays, dayOf, minuteOf } from '@/ui/days';

const MINUTE_MS = 60_000;

/** The end of `day` (YYYY-MM-DD) in `zone`: UTC milliseconds of the next midnight there, also over a daylight change. */
export function endOf(day: string, zone: string): number {
  const next = addDays(day, 1);
  let moment = Date.parse(`${next}T00:00:00Z`);
  for (let round = 0; round < 3; round += 1) {
    const days = (Date.parse(`${dayOf(moment, zone)}T00:00:00Z`) - Date.parse(`${next}T00:00:00Z`)) / MINUTE_MS;
    moment -= (days + minuteOf(moment, zone)) * MINUTE_MS;
  }
  return moment;
}
