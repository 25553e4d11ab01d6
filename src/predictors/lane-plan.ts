import { TALLY_WIDTH } from './accuracy.ts';
import { FEATURE_COUNT } from './features.ts';
import { ERRORS_WIDTH } from './intervals.ts';
import { MEMBER_COUNT, WEIGHTS_WIDTH } from './members.ts';
import { regressionWidth } from './recursive-least-squares.ts';

const MINUTE_MS = 60_000;
/** A forecast for the next minutes is about one tick; one for later about a minute, as that is how history is kept. */
export const SHORT_MS: number = 6 * MINUTE_MS;
/** A forecast for later than this meets its outcome when the minute is over. */
const OUTCOME_DELAY_MS = 2 * MINUTE_MS;
/** So far ahead the host's numbers are looked at. */
export const CONTEXT_MS = 3_600_000;

/** Slots of a pending forecast: members, mean, low, high, level, unit of features, unit of errors, features. */
export const MEAN: number = MEMBER_COUNT;
export const LOW: number = MEAN + 1;
export const HIGH: number = MEAN + 2;
export const LEVEL: number = MEAN + 3;
export const UNIT: number = MEAN + 4;
export const ERROR_UNIT: number = MEAN + 5;
export const FEATURES: number = MEAN + 6;

/** What a lane is for, and how much memory it takes. */
export interface LanePlan {
  readonly horizonMs: number;
  /** Time from one forecast to the next. */
  readonly stepMs: number;
  readonly features: number;
  /** Forecasts that wait for their outcome, at most. */
  readonly slots: number;
  /** Numbers: what was learned, and when the pending forecasts were made. */
  readonly numbers: number;
  /** Single-precision numbers: the pending forecasts. */
  readonly singles: number;
}

/** `contextFeatures`: how many features the host's numbers are; far ahead they tell nothing. */
export function planLane(horizonMs: number, stepMs: number, contextFeatures = 0): LanePlan {
  const features = FEATURE_COUNT + (horizonMs <= CONTEXT_MS ? contextFeatures : 0);
  const waitMs = horizonMs + (horizonMs > SHORT_MS ? OUTCOME_DELAY_MS : 0);
  const slots = Math.ceil(waitMs / stepMs) + 1;
  const numbers = regressionWidth(features) + ERRORS_WIDTH + WEIGHTS_WIDTH + TALLY_WIDTH + slots;
  return { horizonMs, stepMs, features, slots, numbers, singles: slots * (FEATURES + features) };
}

/** Where the numbers of lanes are: side by side, as ten thousand pools do not fit a cache. */
export class LaneMemory {
  readonly numbers: Float64Array;
  readonly singles: Float32Array;
  numbersUsed: number = 0;
  singlesUsed: number = 0;

  constructor(plans: readonly LanePlan[]) {
    this.numbers = new Float64Array(plans.reduce((sum, plan) => sum + plan.numbers, 0));
    this.singles = new Float32Array(plans.reduce((sum, plan) => sum + plan.singles, 0));
  }
}
