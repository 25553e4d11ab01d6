import { isValid, parseISO } from 'date-fns';
import { InvalidOptionError } from '../errors.ts';
import { type Calendar, createCalendar } from './calendar.ts';
import type { Day, TimeRule } from './schedule.ts';
import { type ZoneClock, zoneClock } from './zone-clock.ts';

/** In the order of `Date.getUTCDay`. */
const DAYS: readonly Day[] = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** Date and time, in full; group 1 is the offset, absent in local time. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/;

/** The clock of a zone. @throws {InvalidOptionError} when `Intl` does not know it. */
export function parseZone(zone: unknown, field: string): ZoneClock {
  const clock = typeof zone === 'string' ? zoneClock(zone) : undefined;
  if (!clock) throw new InvalidOptionError(field, "must be an IANA time zone such as 'Europe/Berlin'", zone);
  return clock;
}

/** The time and the days of a rule. */
export function parseRuleTime(rule: TimeRule, field: string): Calendar {
  const match = typeof rule?.time === 'string' ? /^([01]\d|2[0-3]):([0-5]\d)$/.exec(rule.time) : null;
  if (!match)
    throw new InvalidOptionError(
      `${field}.time`,
      "must be a time of day 'HH:MM', 00:00 to 23:59",
      rule?.time,
    );
  const weekdays = parseDays(rule.days, `${field}.days`);
  return createCalendar({
    minutesOfDay: [Number(match[1]) * 60 + Number(match[2])],
    everyHour: false,
    matchesMonth: () => true,
    matchesDay: (date) => weekdays.has(date.getUTCDay()),
  });
}

function parseDays(days: unknown, field: string): ReadonlySet<number> {
  if (days === undefined) return new Set(DAYS.keys());
  if (!Array.isArray(days) || days.length === 0) {
    throw new InvalidOptionError(field, 'must be a list of at least one day, or absent for every day', days);
  }
  return new Set(
    days.map((day, index) => {
      const weekday = DAYS.indexOf(day);
      if (weekday < 0)
        throw new InvalidOptionError(`${field}[${index}]`, `must be one of ${DAYS.join(', ')}`, day);
      return weekday;
    }),
  );
}

/** Epoch ms of an instant given as a number, as ISO 8601 with an offset, or as local time of the zone. */
export function parseInstant(value: unknown, field: string, clock: ZoneClock): number {
  if (typeof value === 'number' && isValid(value) && value >= 0) return value;
  const match = typeof value === 'string' ? ISO.exec(value) : null;
  if (match) {
    const local = match[1] === undefined;
    const date = parseISO(local ? `${match[0]}Z` : match[0]);
    if (isValid(date)) return local ? clock.instantOf(date.getTime()) : date.getTime();
  }
  throw new InvalidOptionError(
    field,
    "must be epoch ms, an instant '2026-12-01T08:00:00Z', or local time '2026-12-01T09:00'",
    value,
  );
}
