import { tzOffset } from '@date-fns/tz';
import { InvalidOptionError } from '../errors.ts';

const MINUTE_MS = 60_000;
/** Zones change at full quarters of an hour. */
const QUARTER_MS = 15 * MINUTE_MS;

/**
 * From an instant to what the clock on the wall of a zone showed, as ms as if that were UTC.
 *
 * @throws InvalidOptionError when `Intl` does not know the zone
 */
export function wallClock(timeZone: string): (at: number) => number {
  if (!isZone(timeZone)) throw new InvalidOptionError('timeZone', 'must be an IANA time zone', timeZone);
  let quarter = Number.NaN;
  let offsetMs = 0;
  return (at) => {
    if (Math.floor(at / QUARTER_MS) !== quarter) {
      quarter = Math.floor(at / QUARTER_MS);
      offsetMs = timeZone === 'UTC' ? 0 : tzOffset(timeZone, new Date(at)) * MINUTE_MS;
    }
    return at + offsetMs;
  };
}

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
