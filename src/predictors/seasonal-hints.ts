import { type Calendar, LIKE_DAYS } from './calendar.ts';
import type { LoadScales } from './features.ts';
import type { LoadHistory } from './load-history.ts';
import { insertSorted, trimmedMean } from './sorted-run.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** The minute, and the ten minutes, that are not over yet are taken for the load now. */
const OPEN_FINE_MS = 2 * 60_000;
const OPEN_COARSE_MS = 15 * 60_000;

/** What the calendar and the past say about one moment to come. NaN where the past does not reach. */
export interface SeasonalHints {
  /** As now, or further ahead than a day as at this time on the last day. */
  last: number;
  hourChange: number;
  yesterday: number;
  yesterdayChange: number;
  lastWeek: number;
  lastWeekChange: number;
  likeDays: number;
  likeDaysChange: number;
  /** How far load usually rises within the horizon, at this time of day; 0 = it does not. */
  usualRise: number;
}

export function unknownHints(): SeasonalHints {
  return {
    last: Number.NaN,
    hourChange: Number.NaN,
    yesterday: Number.NaN,
    yesterdayChange: Number.NaN,
    lastWeek: Number.NaN,
    lastWeekChange: Number.NaN,
    likeDays: Number.NaN,
    likeDaysChange: Number.NaN,
    usualRise: 0,
  };
}

/** What was, as it can be known at one moment. */
export interface Past {
  readonly at: number;
  readonly scales: LoadScales;
  readonly history: LoadHistory;
  readonly calendar: Calendar;
}

/** What was looked up for one moment; shared by all, as predictors are asked one after the other. */
const UNSEEN = -1;
const FINE_AGO = new Float64Array(8);
const COARSE_AGO = new Float64Array(29);
const LEVELS = new Float64Array(LIKE_DAYS);
const CHANGES = new Float64Array(LIKE_DAYS);
let agoOf: LoadHistory | undefined;
let agoAt = Number.NaN;

/**
 * Looks the moment `aheadMs` from now up in earlier hours, days and weeks. Changes are from the time of day that is
 * now. `isFar`: the forecasts are of a day ahead and more, whose "as now" is the last day.
 */
export function seasonalHints(into: SeasonalHints, past: Past, aheadMs: number, isFar: boolean): void {
  const { at: now, calendar, history, scales } = past;
  const target = now + aheadMs;
  // "Yesterday" is the latest whole day before that is known by then: 30 h ahead, two days before.
  const back = Math.max(1, Math.ceil((aheadMs - 1_000) / DAY_MS));
  const likeDays = calendar.likeDays(target, back);
  const dayBefore = calendar.daysBefore(target, back);
  if (history !== agoOf || now !== agoAt) {
    agoOf = history;
    agoAt = now;
    FINE_AGO.fill(UNSEEN);
    COARSE_AGO.fill(UNSEEN);
  }
  into.hourChange = history.recent(target - HOUR_MS) - fineAgo(past, 0);
  into.yesterday = recent(past, dayBefore);
  into.yesterdayChange = into.yesterday - fineAgo(past, back);
  into.last = isFar && !Number.isNaN(into.yesterday) ? into.yesterday : scales.level;
  if (isFar) into.yesterday = smooth(past, dayBefore);
  into.lastWeek = history.recent(calendar.daysBefore(target, 7));
  into.lastWeekChange = into.lastWeek - fineAgo(past, 7);
  let days = 0;
  for (let i = 0; i < likeDays.length; i++) {
    const ago = likeDays[i] as number;
    const then = smooth(past, calendar.daysBefore(target, ago));
    const moved = then - coarseAgo(past, ago);
    if (Number.isNaN(moved)) continue;
    insertSorted(LEVELS, 0, days, then);
    insertSorted(CHANGES, 0, days, moved);
    days++;
  }
  // One of these days may have been out of the ordinary.
  into.likeDays = trimmedMean(LEVELS, 0, days);
  into.likeDaysChange = trimmedMean(CHANGES, 0, days);
}

/** Demand at this time so many days ago (0: an hour ago). All horizons need it, so it is looked up once a moment. */
function fineAgo({ at, calendar, history }: Past, days: number): number {
  const known = FINE_AGO[days] as number;
  if (known !== UNSEEN) return known;
  const value = history.recent(days === 0 ? at - HOUR_MS : calendar.daysBefore(at, days));
  FINE_AGO[days] = value;
  return value;
}

function coarseAgo({ at, calendar, history }: Past, days: number): number {
  const known = COARSE_AGO[days] as number;
  if (known !== UNSEEN) return known;
  const value = history.past(calendar.daysBefore(at, days));
  COARSE_AGO[days] = value;
  return value;
}

function recent({ at, history, scales }: Past, time: number): number {
  return time > at - OPEN_FINE_MS ? (scales.means[0] as number) : history.recent(time);
}

function smooth({ at, history, scales }: Past, time: number): number {
  return time > at - OPEN_COARSE_MS ? (scales.means[1] as number) : history.past(time);
}
