export const LOW_QUANTILE = 0.05;
export const HIGH_QUANTILE = 0.95;

/** Errors come in clusters, which a follower sees late: it aims a hair outside. */
const CAUTION = 0.005;
/** Of normal errors, the 95th percentile is 2.06 mean absolute errors and 1.645 standard deviations away. */
const NORMAL_95 = 2.06;
const SIGMAS_95 = 1.645;
/** A standard deviation is 1.25 mean absolute errors. */
const SIGMA = 1.25;
/** Steps of the quantiles, in mean absolute errors: the first ones are larger. */
const QUICKEST = 0.5;
const SLOWEST = 0.05;
/** At least this share of the squared error is the forecast's own, whatever the noise is said to be. */
const LEAST_OWN_ERROR = 0.05;
/** Errors that the first guess counts for. */
const PRIOR_WEIGHT = 10;

/** Slots of the state: fading mean absolute error, the quantiles in units of it, fading variance of noise, errors seen. */
const TYPICAL = 0;
const LOW = 1;
const HIGH = 2;
const NOISE = 3;
const SEEN = 4;
export const ERRORS_WIDTH = 5;

/**
 * The errors of forecasts lately: how large, and how far up and down. The bounds are quantiles of error ÷ typical
 * error, each followed by its own steps: out by `step · p` when exceeded, in by `step · (1 - p)` when not. Whatever
 * the errors do, in the long run the share beyond is 1 - p: adaptive conformal inference (Gibbs and Candès 2021) in
 * the form of quantile tracking (Angelopoulos, Candès and Tibshirani 2023).
 */
export class RecentErrors {
  private readonly state: Float64Array;
  private readonly from: number;

  /** `guess`: the mean absolute error to assume at first. Its numbers live in `state`, from `from` on. */
  constructor(guess: number, state: Float64Array = new Float64Array(ERRORS_WIDTH), from = 0) {
    this.state = state;
    this.from = from;
    state[from + TYPICAL] = guess;
    state[from + LOW] = -NORMAL_95;
    state[from + HIGH] = NORMAL_95;
  }

  /** Outcome - forecast, and the variance of the outcome's own noise. `fading`: weight of this one. */
  add(error: number, noise: number, fading: number): void {
    const { state, from } = this;
    const seen = (state[from + SEEN] as number) + 1;
    const typical = state[from + TYPICAL] as number;
    const low = state[from + LOW] as number;
    const high = state[from + HIGH] as number;
    const before = state[from + NOISE] as number;
    const rate = Math.max(SLOWEST, QUICKEST / (1 + seen / 10));
    const relative = error / Math.max(1e-6, typical);
    const out = HIGH_QUANTILE + CAUTION;
    state[from + SEEN] = seen;
    state[from + HIGH] = high + rate * (relative > high ? out : out - 1);
    state[from + LOW] = low - rate * (relative < low ? out : out - 1);
    state[from + TYPICAL] =
      typical + Math.max(fading, 1 / (seen + PRIOR_WEIGHT)) * (Math.abs(error) - typical);
    state[from + NOISE] = before + Math.max(fading, 1 / seen) * (noise - before);
  }

  /** At most 0: outcomes are below forecast + `low` with probability `LOW_QUANTILE`. */
  get low(): number {
    const { state, from } = this;
    return Math.min(0, (state[from + LOW] as number) * (state[from + TYPICAL] as number));
  }

  /** At least 0. */
  get high(): number {
    const { state, from } = this;
    return Math.max(0, (state[from + HIGH] as number) * (state[from + TYPICAL] as number));
  }

  /**
   * Standard deviation of the forecast around the load: by the mean absolute error, which rare jumps move little, or
   * by the upper quantile where errors upwards are larger; without the noise with which outcomes are measured.
   */
  get spread(): number {
    const { state, from } = this;
    const variance = (SIGMA * (state[from + TYPICAL] as number)) ** 2;
    const own = Math.max(variance - (state[from + NOISE] as number), LEAST_OWN_ERROR * variance);
    // Under much noise the upper quantile tells of the noise.
    const upwards = Math.max(0, (this.high / SIGMAS_95) ** 2 - variance);
    return Math.sqrt(own + (own / variance) * upwards || 0);
  }

  /** Standard deviation of the outcomes' own noise. */
  get noiseDeviation(): number {
    return Math.sqrt(this.state[this.from + NOISE] as number);
  }
}
