import type { LoadScales, SeasonalHints } from './features.ts';

/**
 * The ensemble's members, in the order of their slots.
 * last: as now · ridge: regression over all features · season: as now, plus the usual change of like days ·
 * yesterday, week: as at this time then · like-days: their mean at this time · mean: as in the last half hour.
 */
export const MEMBER_NAMES = ['last', 'ridge', 'season', 'yesterday', 'week', 'like-days', 'mean'] as const;
export type MemberName = (typeof MEMBER_NAMES)[number];
export const MEMBER_COUNT: number = MEMBER_NAMES.length;
export const YESTERDAY = 3;
const LAST = 0;
const HALF_HOUR_MEAN = 3;
const TRIALS_AT: number = MEMBER_COUNT;
const WEIGHTS: number = 2 * MEMBER_COUNT;

/** A member counts by its error to the power of minus this: one 20% worse counts a quarter. */
const SHARPNESS = 8;
/** Forecasts that a member must have had judged before it counts. */
const TRIALS = 12;
/** The others must be better than "as now" by this, or load without a pattern would be worse off. */
const DOUBT = 1.1;

/** Writes what each member expects into `into` from `from` on; NaN where it has no opinion. */
export function writeMembers(
  into: Float32Array,
  from: number,
  scales: LoadScales,
  hints: SeasonalHints,
  ridge: number,
): void {
  into[from] = scales.level;
  into[from + 1] = Math.max(0, ridge);
  into[from + 2] = Math.max(0, scales.level + hints.likeDaysChange);
  into[from + 3] = hints.yesterday;
  into[from + 4] = hints.lastWeek;
  into[from + 5] = hints.likeDays;
  into[from + 6] = scales.means[HALF_HOUR_MEAN] as number;
}

/** How far each member is trusted, by its recent errors at one horizon. */
export class MemberWeights {
  /** Of each member the fading mean absolute error, then the trials, then the weights. */
  private readonly state = new Float64Array(3 * MEMBER_COUNT);

  constructor() {
    this.state[WEIGHTS + LAST] = 1;
  }

  /** Compares what members expected (in `from`, beginning at `offset`) with what came. `fading`: weight of this one. */
  judge(from: Float32Array, offset: number, outcome: number, unit: number, fading: number): void {
    for (let i = 0; i < MEMBER_COUNT; i++) {
      const expected = from[offset + i] as number;
      if (Number.isNaN(expected)) continue;
      const trials = (this.state[TRIALS_AT + i] as number) + 1;
      this.state[TRIALS_AT + i] = trials;
      const before = this.state[i] as number;
      this.state[i] = before + Math.max(fading, 1 / trials) * (Math.abs(outcome - expected) / unit - before);
    }
    this.weigh();
  }

  /** The weighted mean of those that have an opinion. "As now" always has one. */
  blend(from: Float32Array, offset: number): number {
    let sum = 0;
    let weights = 0;
    for (let i = 0; i < MEMBER_COUNT; i++) {
      const expected = from[offset + i] as number;
      if (Number.isNaN(expected)) continue;
      const weight = this.state[WEIGHTS + i] as number;
      sum += weight * expected;
      weights += weight;
    }
    return sum / weights;
  }

  /** Share of each member, 0..1, together 1. */
  shares(): Record<MemberName, number> {
    const weights = this.state.subarray(WEIGHTS);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const entries = MEMBER_NAMES.map((name, i) => [name, (weights[i] as number) / sum]);
    return Object.fromEntries(entries) as Record<MemberName, number>;
  }

  save(): number[] {
    return Array.from(this.state);
  }

  /** @throws RangeError when it was saved with other members. */
  restore(state: readonly number[]): void {
    if (state.length !== this.state.length) throw new RangeError('saved with other members');
    this.state.set(state);
  }

  private weigh(): void {
    for (let i = 1; i < MEMBER_COUNT; i++) this.state[WEIGHTS + i] = this.weightOf(i);
  }

  private weightOf(member: number): number {
    if ((this.state[TRIALS_AT + member] as number) < TRIALS) return 0;
    const last = Math.max(1e-6, this.state[LAST] as number);
    const ratio = last / Math.max(1e-6, DOUBT * (this.state[member] as number));
    return Math.min(1e6, ratio ** SHARPNESS);
  }
}
