import { tzOffset } from '@date-fns/tz';
import { InvalidOptionError } from '../errors.ts';

export type DayKind = 'workday' | 'weekend' | 'holiday';

/** A moment as the people of a time zone would name it. */
export interface CalendarTime {
  /** 0..24, with minutes: 13.5 = half past one. */
  readonly hour: number;
  /** 0 = Sunday … 6 = Saturday. */
  readonly weekday: number;
  /** 1..31. */
  readonly dayOfMonth: number;
  readonly kind: DayKind;
}

export interface Calendar {
  readonly timeZone: string;
  at(time: number): CalendarTime;
  kindOf(time: number): DayKind;
  /** Local time minus UTC, ms. */
  offsetMs(time: number): number;
  /** The same local time `days` days before: 23 h or 25 h earlier where clocks were changed in between. */
  daysBefore(time: number, days: number): number;
  /** The newest days of the same kind, as days before `time`: at most five, `first` at least, 28 at most. */
  likeDays(time: number, first: number): readonly number[];
}

export interface CalendarOptions {
  /** IANA name. Default UTC. */
  readonly timeZone?: string;
  /** Local dates (`2026-12-25`) that are like no workday, or a function that tells. */
  readonly holidays?: Iterable<string> | ((localDate: string) => boolean);
  /** 0 = Sunday … 6 = Saturday. Default Saturday and Sunday. */
  readonly weekend?: readonly number[];
}

const DAY_MS = 86_400_000;
/** Offsets change at most on a quarter of an hour, so one look-up serves all moments within. */
const OFFSET_STEP_MS = 900_000;
const OFFSETS_KEPT = 512;
/** Days of the same kind that are looked at: a working week. */
export const LIKE_DAYS = 5;
const FURTHEST_DAY = 28;

/** Calendars without holidays of their own, by zone: the pools of a zone share one, and what it has looked up. */
const ordinary = new Map<string, Calendar>();

/** @throws {InvalidOptionError} for a time zone that this machine does not know. */
export function createCalendar(options: CalendarOptions = {}): Calendar {
  const { timeZone = 'UTC', holidays, weekend } = options;
  if (holidays !== undefined || weekend !== undefined) return calendarOf(options);
  const calendar = ordinary.get(timeZone) ?? calendarOf({ timeZone });
  ordinary.set(timeZone, calendar);
  return calendar;
}

function calendarOf(options: CalendarOptions): Calendar {
  const { timeZone = 'UTC', weekend = [0, 6] } = options;
  checkZone(timeZone);
  const isHoliday = holidayTest(options.holidays);
  const offsets = new Map<number, number>();

  const offsetMs = (time: number): number => {
    if (timeZone === 'UTC') return 0;
    const step = Math.floor(time / OFFSET_STEP_MS);
    const known = offsets.get(step);
    if (known !== undefined) return known;
    if (offsets.size >= OFFSETS_KEPT) offsets.clear();
    const offset = tzOffset(timeZone, new Date(step * OFFSET_STEP_MS)) * 60_000;
    offsets.set(step, offset);
    return offset;
  };

  const kinds = new Map<number, DayKind>();
  const kindOf = (time: number): DayKind => {
    const day = Math.floor((time + offsetMs(time)) / DAY_MS);
    const known = kinds.get(day);
    if (known !== undefined) return known;
    if (kinds.size >= OFFSETS_KEPT) kinds.clear();
    const date = new Date(day * DAY_MS);
    const isWeekend = weekend.includes(date.getUTCDay());
    const kind = isHoliday(date.toISOString().slice(0, 10)) ? 'holiday' : isWeekend ? 'weekend' : 'workday';
    kinds.set(day, kind);
    return kind;
  };

  const daysBefore = (time: number, days: number): number => {
    const naive = time - days * DAY_MS;
    return naive + offsetMs(time) - offsetMs(naive);
  };

  const likeDaysOf = new Map<number, readonly number[]>();
  const likeDays = (time: number, first: number): readonly number[] => {
    const key = Math.floor((time + offsetMs(time)) / DAY_MS) * FURTHEST_DAY + first;
    const known = likeDaysOf.get(key);
    if (known !== undefined) return known;
    if (likeDaysOf.size >= OFFSETS_KEPT) likeDaysOf.clear();
    const days: number[] = [];
    for (let back = first; back <= FURTHEST_DAY && days.length < LIKE_DAYS; back++) {
      if (kindOf(daysBefore(time, back)) === kindOf(time)) days.push(back);
    }
    likeDaysOf.set(key, days);
    return days;
  };

  return {
    timeZone,
    offsetMs,
    kindOf,
    daysBefore,
    likeDays,
    at(time) {
      const local = time + offsetMs(time);
      const date = new Date(local);
      return {
        hour: (local - Math.floor(local / DAY_MS) * DAY_MS) / 3_600_000,
        weekday: date.getUTCDay(),
        dayOfMonth: date.getUTCDate(),
        kind: kindOf(time),
      };
    },
  };
}

function checkZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new InvalidOptionError('timeZone', 'must be an IANA time zone that this machine knows', timeZone);
  }
}

function holidayTest(holidays: CalendarOptions['holidays']): (date: string) => boolean {
  if (holidays === undefined) return () => false;
  if (typeof holidays === 'function') return holidays;
  const dates = new Set(holidays);
  return (date) => dates.has(date);
}
