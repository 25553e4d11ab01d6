import type { Calendar } from './calendar.ts';
import type { ContextNumbers } from './context-numbers.ts';
import type { LoadHistory } from './load-history.ts';

const HOUR_MS = 3_600_000;
/** Time constants of the averages whose differences tell trends at all scales, ms. */
const SCALES_MS = [60_000, 180_000, 600_000, 1_800_000, 7_200_000, 43_200_000] as const;
/** Weight of the newest sample in the level: half noise, half delay. */
const LEVEL_WEIGHT = 0.6;
/** A Poisson sample (noise = level) counts a fifth of a counted rate. */
const NOISE_SMOOTHING = 4;
/** Past days of the same kind that are averaged, newest first, and their weights. */
const LIKE_DAY_WEIGHTS = [1, 0.8, 0.6, 0.5] as const;
/** The minute, and the ten minutes, that are not over yet are taken for the load now. */
const OPEN_FINE_MS = 2 * 60_000;
const OPEN_COARSE_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

/**
 * The features of one forecast, in the order in which the ridge regression sees them. All but the last are
 * differences of demand in units of √(1 + level), in which the counting noise of any load is about the same.
 */
export const FEATURE_NAMES = [
  'trend within a minute',
  'trend, 1 to 3 minutes',
  'trend, 3 to 10 minutes',
  'trend, 10 to 30 minutes',
  'trend, 30 minutes to 2 hours',
  'trend, 2 to 12 hours',
  'change at this time an hour ago',
  'change at this time yesterday',
  'change at this time a week ago',
  'change at this time on like days',
  'usual level of like days',
  'usual rise at this time of day',
  'constant',
] as const;

export const FEATURE_COUNT: number = FEATURE_NAMES.length;

/** Weights of a sample in the averages, for the time that has passed; pools are mostly asked at the same pace. */
const WEIGHTS = new Float64Array(SCALES_MS.length);
let weightsFor = Number.NaN;

/** The load now, at all scales of time. */
export class LoadScales {
  level = 0;
  /** Unit of all differences: √(1 + ten-minute mean). */
  unit = 1;
  readonly means: Float64Array = new Float64Array(SCALES_MS.length);
  private samples = 0;

  add(demand: number, elapsedMs: number, noise: number): void {
    this.samples++;
    if (this.samples === 1) {
      this.level = demand;
      this.means.fill(demand);
    }
    const smoothing = 1 + (NOISE_SMOOTHING * noise) / (1 + this.level);
    this.level += (LEVEL_WEIGHT / smoothing) * (demand - this.level);
    if (elapsedMs !== weightsFor) {
      weightsFor = elapsedMs;
      for (let i = 0; i < SCALES_MS.length; i++) {
        WEIGHTS[i] = 1 - Math.exp(-elapsedMs / (SCALES_MS[i] as number));
      }
    }
    // A plain mean until the scale's time has passed, so that the first sample does not last.
    const least = 1 / this.samples;
    for (let i = 0; i < SCALES_MS.length; i++) {
      const mean = this.means[i] as number;
      this.means[i] = mean + Math.max(WEIGHTS[i] as number, least) * (demand - mean);
    }
    this.unit = Math.sqrt(1 + (this.means[2] as number));
  }

  save(): { readonly level: number; readonly means: readonly number[]; readonly samples: number } {
    return { level: this.level, means: Array.from(this.means), samples: this.samples };
  }

  restore({ level, means, samples }: ReturnType<LoadScales['save']>): void {
    this.level = level;
    this.means.set(means);
    this.samples = samples;
    this.unit = Math.sqrt(1 + (this.means[2] as number));
  }
}

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
let agoOf: LoadHistory | undefined;
let agoAt = Number.NaN;

/**
 * Looks the moment `aheadMs` from now up in earlier hours, days and weeks. Changes are from the time of day that is now. `isFar`: the
 * forecasts are of a day ahead and more, whose "as now" is the last day.
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
  let level = 0;
  let change = 0;
  let weight = 0;
  for (let i = 0; i < likeDays.length && i < LIKE_DAY_WEIGHTS.length; i++) {
    const days = likeDays[i] as number;
    const then = smooth(past, calendar.daysBefore(target, days));
    const moved = then - coarseAgo(past, days);
    if (Number.isNaN(moved)) continue;
    const w = LIKE_DAY_WEIGHTS[i] as number;
    level += w * then;
    change += w * moved;
    weight += w;
  }
  into.likeDays = weight > 0 ? level / weight : Number.NaN;
  into.likeDaysChange = weight > 0 ? change / weight : Number.NaN;
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

/** Writes the features into `into` from `from` on. What is not known is 0: no change. */
export function writeFeatures(
  into: Float32Array,
  from: number,
  scales: LoadScales,
  hints: SeasonalHints,
  context: ContextNumbers | undefined,
): void {
  const { means, unit, level } = scales;
  let finer = level;
  for (let i = 0; i < means.length; i++) {
    const mean = means[i] as number;
    into[from + i] = (finer - mean) / unit;
    finer = mean;
  }
  const next = from + means.length;
  into[next] = known(hints.hourChange) / unit;
  into[next + 1] = known(hints.yesterdayChange) / unit;
  into[next + 2] = known(hints.lastWeekChange) / unit;
  into[next + 3] = known(hints.likeDaysChange) / unit;
  into[next + 4] = known(hints.likeDays - level) / unit;
  into[next + 5] = hints.usualRise / unit;
  into[next + 6] = 0.1;
  context?.write(into, next + 7);
}

function known(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
