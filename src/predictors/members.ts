import type { LoadScales } from './features.ts';
import type { SeasonalHints } from './seasonal-hints.ts';

/**
 * The ensemble's members, in the order of their slots.
 * last: as now (a day ahead and more: as at this time on the last day) · ridge: regression over all features ·
 * season: as now, plus the usual change of like days · yesterday, week: as at this time then · like-days: their mean
 * at this time · mean: as in the last half hour.
 */
export const MEMBER_NAMES = ['last', 'ridge', 'season', 'yesterday', 'week', 'like-days', 'mean'] as const;
export type MemberName = (typeof MEMBER_NAMES)[number];
export const MEMBER_COUNT: number = MEMBER_NAMES.length;
export const REGRESSION = 1;
export const YESTERDAY = 3;
export const HALF_HOUR_MEAN = 6;
const LAST = 0;
/** The half hour among the time constants of `LoadScales`. */
const HALF_HOUR = 3;

/** Of each member: its fading mean absolute error, that of "last" on the same occasions, the trials, the weight. */
const ERROR = 0;
const LAST_ERROR = 1;
const TRIALS_SEEN = 2;
const WEIGHT = 3;
const SLOTS = 4;
export const WEIGHTS_WIDTH: number = SLOTS * MEMBER_COUNT;

/** Forecasts that a member must have had judged before it counts. */
const TRIALS = 12;
/** The others must be better than "as now" by this, or load without a pattern would be worse off. */
const DOUBT = 1.1;
/** A day ahead and more by this: errors of one day are much alike, and there are few days. */
const FAR_DOUBT = 1.25;
/** A member counts by its error to the power of minus this: one 20% worse than "last" counts a quarter. */
const SHARPNESS = 8;
/** Where "last" is no match, errors twice as small and less, the others are weighed among themselves, and milder. */
const NO_MATCH = 2;
const MILD_SHARPNESS = 4;
/** What a member is better counts half after so many trials. */
const HALF_TRUSTED = 32;

/** Writes what each member expects into `into` from `from` on; NaN where it has no opinion. */
export function writeMembers(
  into: Float32Array,
  from: number,
  scales: LoadScales,
  hints: SeasonalHints,
  ridge: number,
): void {
  into[from] = hints.last;
  into[from + 1] = Math.max(0, ridge);
  into[from + 2] = Math.max(0, scales.level + hints.likeDaysChange);
  into[from + 3] = hints.yesterday;
  into[from + 4] = hints.lastWeek;
  into[from + 5] = hints.likeDays;
  into[from + 6] = scales.means[HALF_HOUR] as number;
}

/** How far each member is trusted, by its recent errors at one horizon. Lives in `state`, from `from` on. */
export class MemberWeights {
  private readonly state: Float64Array;
  private readonly from: number;
  private readonly doubt: number;

  /** `isFar`: the forecasts are of a day ahead and more. */
  constructor(isFar: boolean, state: Float64Array = new Float64Array(WEIGHTS_WIDTH), from = 0) {
    this.state = state;
    this.from = from;
    this.doubt = isFar ? FAR_DOUBT : DOUBT;
    state[from + SLOTS * LAST + WEIGHT] = 1;
  }

  /** Compares what members expected (in `row`, beginning at `offset`) with what came. `fading`: weight of this one. */
  judge(row: Float32Array, offset: number, outcome: number, unit: number, fading: number): void {
    const { state } = this;
    const lastError = Math.abs(outcome - (row[offset + LAST] as number)) / unit;
    for (let i = 0, at = this.from; i < MEMBER_COUNT; i++, at += SLOTS) {
      const expected = row[offset + i] as number;
      if (Number.isNaN(expected)) continue;
      const trials = (state[at + TRIALS_SEEN] as number) + 1;
      const weight = Math.max(fading, 1 / trials);
      const error = state[at + ERROR] as number;
      const last = state[at + LAST_ERROR] as number;
      state[at + TRIALS_SEEN] = trials;
      state[at + ERROR] = error + weight * (Math.abs(outcome - expected) / unit - error);
      state[at + LAST_ERROR] = last + weight * (lastError - last);
      if (i !== LAST && trials >= TRIALS) state[at + WEIGHT] = this.weightAt(at);
    }
  }

  /** The weighted mean of those that have an opinion. "Last" always has one. */
  blend(row: Float32Array, offset: number): number {
    let sum = 0;
    let weights = 0;
    for (let i = 0, at = this.from + WEIGHT; i < MEMBER_COUNT; i++, at += SLOTS) {
      const expected = row[offset + i] as number;
      if (Number.isNaN(expected)) continue;
      const weight = this.state[at] as number;
      sum += weight * expected;
      weights += weight;
    }
    return sum / weights;
  }

  /** Share of each member, 0..1, together 1. */
  shares(): Record<MemberName, number> {
    const weights = MEMBER_NAMES.map((_, i) => this.state[this.from + SLOTS * i + WEIGHT] as number);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const entries = MEMBER_NAMES.map((name, i) => [name, (weights[i] as number) / sum]);
    return Object.fromEntries(entries) as Record<MemberName, number>;
  }

  private weightAt(at: number): number {
    const last = Math.max(1e-6, this.state[at + LAST_ERROR] as number);
    const ratio = last / Math.max(1e-6, this.doubt * (this.state[at + ERROR] as number));
    if (ratio < 1) return ratio ** SHARPNESS;
    const trials = this.state[at + TRIALS_SEEN] as number;
    const merit = Math.min(ratio, NO_MATCH) ** SHARPNESS * Math.max(1, ratio / NO_MATCH) ** MILD_SHARPNESS;
    return merit ** (trials / (trials + HALF_TRUSTED));
  }
}
