/**
 * The county's clock: times are read as everybody in the county reads them, whatever this device is set to.
 *
 * Whoever learns the zone (who came in: `@/ui/api`; a screen's report) says it here once; every time on the page is
 * then written in it. Until it is known a time is shown on this device's own clock.
 */
let current = $state<string | undefined>(undefined);

/** The county's zone, an IANA name, or undefined while nobody told it; reactive. */
export function countyZone(): string | undefined {
  return current;
}

/** The server said whose clock the county keeps. */
export function setCountyZone(zone: string): void {
  current = zone;
}
