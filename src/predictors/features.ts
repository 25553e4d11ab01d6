import type { Calendar } from './calendar.ts';
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
const FURTHEST_DAY = 28;

/**
 * The features of one forecast, in the order in which the ridge regression sees them. All but the last are
 * differences of demand in units of √(1 + level), in which the counting noise of any load is about the same.
 */
const FEATURE_NAMES = [
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

/** The load now, at all scales of time. */
export class LoadScales {
  level = 0;
  /** Unit of all differences: √(1 + ten-minute mean). */
  unit = 1;
  readonly means: Float64Array = new Float64Array(SCALES_MS.length);
  private samples = 0;
  private readonly weights: Float64Array = new Float64Array(SCALES_MS.length);
  private weightsFor = Number.NaN;

  add(demand: number, elapsedMs: number, noise: number): void {
    this.samples++;
    if (this.samples === 1) {
      this.level = demand;
      this.means.fill(demand);
    }
    const smoothing = 1 + (NOISE_SMOOTHING * noise) / (1 + this.level);
    this.level += (LEVEL_WEIGHT / smoothing) * (demand - this.level);
    if (elapsedMs !== this.weightsFor) {
      this.weightsFor = elapsedMs;
      SCALES_MS.forEach((scale, i) => {
        this.weights[i] = 1 - Math.exp(-elapsedMs / scale);
      });
    }
    // A plain mean until the scale's time has passed, so that the first sample does not last.
    const least = 1 / this.samples;
    for (let i = 0; i < SCALES_MS.length; i++) {
      const mean = this.means[i] as number;
      this.means[i] = mean + Math.max(this.weights[i] as number, least) * (demand - mean);
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

/** Looks `target` up in earlier hours, days and weeks. Changes are from the time of day that is now. */
export function seasonalHints(
  into: SeasonalHints,
  history: LoadHistory,
  calendar: Calendar,
  likeDays: readonly number[],
  now: number,
  target: number,
): void {
  into.hourChange = history.recent(target - HOUR_MS) - history.recent(now - HOUR_MS);
  into.yesterday = history.recent(calendar.daysBefore(target, 1));
  into.yesterdayChange = into.yesterday - history.recent(calendar.daysBefore(now, 1));
  into.lastWeek = history.recent(calendar.daysBefore(target, 7));
  into.lastWeekChange = into.lastWeek - history.recent(calendar.daysBefore(now, 7));
  let level = 0;
  let change = 0;
  let weight = 0;
  for (let i = 0; i < likeDays.length; i++) {
    const then = history.past(calendar.daysBefore(target, likeDays[i] as number));
    const moved = then - history.past(calendar.daysBefore(now, likeDays[i] as number));
    if (Number.isNaN(moved)) continue;
    const w = LIKE_DAY_WEIGHTS[i] as number;
    level += w * then;
    change += w * moved;
    weight += w;
  }
  into.likeDays = weight > 0 ? level / weight : Number.NaN;
  into.likeDaysChange = weight > 0 ? change / weight : Number.NaN;
}

/** The newest past days (as days before) of the kind that `target` is: workday, weekend or holiday. */
export function findLikeDays(calendar: Calendar, target: number): number[] {
  const kind = calendar.kindOf(target);
  const days: number[] = [];
  for (let back = 1; back <= FURTHEST_DAY && days.length < LIKE_DAY_WEIGHTS.length; back++) {
    if (calendar.kindOf(calendar.daysBefore(target, back)) === kind) days.push(back);
  }
  return days;
}

/** Writes the features into `into` from `from` on. What is not known is 0: no change. */
export function writeFeatures(
  into: Float32Array,
  from: number,
  scales: LoadScales,
  hints: SeasonalHints,
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
}

function known(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
