import type { ContextNumbers } from './context-numbers.ts';
import type { SeasonalHints } from './seasonal-hints.ts';

/** Time constants of the averages whose differences tell trends at all scales, ms. */
const SCALES_MS = [60_000, 180_000, 600_000, 1_800_000, 7_200_000, 43_200_000] as const;
/** Weight of the newest sample in the level: half noise, half delay. */
const LEVEL_WEIGHT = 0.6;
/** A Poisson sample (noise = level) counts a fifth of a counted rate. */
const NOISE_SMOOTHING = 4;

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
