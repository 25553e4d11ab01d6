const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** The longest gap between two days of one pattern is 40 years (a Monday, 29 February, over 2100). */
const MAX_DAYS = 41 * 366;

/** The wall times at which something begins: certain minutes on certain days. Knows no time zone. */
export interface Calendar {
  /** It names no hours, so it follows the clock through an hour that repeats or is left out. */
  readonly everyHour: boolean;
  /** The first wall time after this one; `undefined` = never again. */
  next(wall: number): number | undefined;
  /** The last wall time up to and including this one. */
  last(wall: number): number | undefined;
}

export interface CalendarPattern {
  /** Minutes since midnight, ascending, at least one. */
  readonly minutesOfDay: readonly number[];
  readonly everyHour: boolean;
  /** Whether a month, 1 to 12, has any of the days; lets a search skip the others. */
  matchesMonth(month: number): boolean;
  /** Whether a day of such a month is one of them; a date at midnight, read in UTC. */
  matchesDay(date: Date): boolean;
}

export function createCalendar(pattern: CalendarPattern): Calendar {
  const { minutesOfDay, everyHour } = pattern;
  const first = minutesOfDay[0] as number;
  const final = minutesOfDay[minutesOfDay.length - 1] as number;

  function matches(day: number): boolean {
    const date = new Date(day * DAY);
    return pattern.matchesMonth(date.getUTCMonth() + 1) && pattern.matchesDay(date);
  }

  /** The nearest matching day from `day` on, in steps of +1 or -1; days are counted since the epoch. */
  function nearestDay(day: number, step: 1 | -1): number | undefined {
    const limit = day + step * MAX_DAYS;
    let candidate = day;
    while (step * (limit - candidate) > 0) {
      const date = new Date(candidate * DAY);
      if (!pattern.matchesMonth(date.getUTCMonth() + 1)) {
        // To the first day of the month after, or (day 0) the last day of the month before.
        const ahead = step === 1 ? 1 : 0;
        candidate = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead, ahead) / DAY;
      } else if (pattern.matchesDay(date)) {
        return candidate;
      } else {
        candidate += step;
      }
    }
    return undefined;
  }

  return {
    everyHour,
    next(wall) {
      const today = Math.floor(wall / DAY);
      const minute = (wall - today * DAY) / MINUTE;
      if (minute < final && matches(today)) {
        return today * DAY + (minutesOfDay.find((candidate) => candidate > minute) as number) * MINUTE;
      }
      const day = nearestDay(today + 1, 1);
      return day === undefined ? undefined : day * DAY + first * MINUTE;
    },
    last(wall) {
      const today = Math.floor(wall / DAY);
      const minute = (wall - today * DAY) / MINUTE;
      if (minute >= first && matches(today)) {
        return today * DAY + (minutesOfDay.findLast((candidate) => candidate <= minute) as number) * MINUTE;
      }
      const day = nearestDay(today - 1, -1);
      return day === undefined ? undefined : day * DAY + final * MINUTE;
    },
  };
}
