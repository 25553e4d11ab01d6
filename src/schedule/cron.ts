import { CronExpressionParser } from 'cron-parser';
import { InvalidOptionError } from '../errors.ts';
import { type Calendar, createCalendar } from './calendar.ts';

const FIELDS = 'must have five fields (minute hour day month weekday)';

/**
 * Reads a cron expression of five fields. cron-parser reads the syntax; the days are then walked here, on the wall
 * calendar: its own iteration takes up to a millisecond a step and has other rules for DST than those of
 * `ZoneClock`.
 *
 * @throws {InvalidOptionError} naming `field` when the expression is malformed or can never match.
 */
export function parseCron(expression: unknown, field: string): Calendar {
  if (typeof expression !== 'string') throw new InvalidOptionError(field, FIELDS, expression);
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== 5) throw new InvalidOptionError(field, FIELDS, expression);
  // `H` is a random value: a restart would move the window.
  if (parts.some((part) => /(^|,)H(?![a-z])/i.test(part))) {
    throw new InvalidOptionError(field, "must not use 'H' (a random value)", expression);
  }

  const calendar = createCalendar(readFields(parts.join(' '), field));
  if (calendar.next(0) === undefined) throw new InvalidOptionError(field, 'must match some date', expression);
  return calendar;
}

function readFields(expression: string, field: string): Parameters<typeof createCalendar>[0] {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(expression, field).fields;
  const months = new Set<number>(month.values);
  const days = new Set(dayOfMonth.values.filter((value) => typeof value === 'number'));
  const weekdays = new Set(
    dayOfWeek.values.filter((value) => typeof value === 'number').map((day) => day % 7),
  );
  // '5L' = the last Friday of the month.
  const lastWeekdays = new Set(
    dayOfWeek.values
      .filter((value) => typeof value === 'string')
      .map((value) => Number.parseInt(value, 10) % 7),
  );

  const matchesDate = (date: Date): boolean =>
    days.has(date.getUTCDate() as never) || (dayOfMonth.hasLastChar && daysLeft(date) === 0);
  const matchesWeekday = (date: Date): boolean => {
    const weekday = date.getUTCDay();
    const { nthDay } = dayOfWeek;
    if (weekdays.has(weekday) && (nthDay === 0 || Math.ceil(date.getUTCDate() / 7) === nthDay)) return true;
    return lastWeekdays.has(weekday) && daysLeft(date) < 7;
  };

  return {
    minutesOfDay: hour.values.flatMap((h) => minute.values.map((m) => h * 60 + m)),
    everyHour: hour.values.length === 24,
    matchesMonth: (candidate) => months.has(candidate),
    matchesDay: (date) => {
      if (dayOfWeek.isWildcard) return dayOfMonth.isWildcard || matchesDate(date);
      if (dayOfMonth.isWildcard) return matchesWeekday(date);
      return matchesDate(date) || matchesWeekday(date); // cron's old rule: with both given, either will do
    },
  };
}

function parse(expression: string, field: string): ReturnType<typeof CronExpressionParser.parse> {
  try {
    return CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: 0 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidOptionError(field, `must be a cron expression (${why})`, expression);
  }
}

/** Days of the month after this one. */
function daysLeft(date: Date): number {
  return (
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate() - date.getUTCDate()
  );
}
