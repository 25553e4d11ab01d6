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

interface SavedErrors {
  readonly typical: number;
  readonly low: number;
  readonly high: number;
  readonly noise: number;
  readonly seen: number;
}

/**
 * The errors of forecasts lately: how large, and how far up and down. The bounds are quantiles of error ÷ typical
 * error, each followed by its own steps: out by `step · p` when exceeded, in by `step · (1 - p)` when not. Whatever
 * the errors do, in the long run the share beyond is 1 - p: adaptive conformal inference (Gibbs and Candès 2021) in
 * the form of quantile tracking (Angelopoulos, Candès and Tibshirani 2023).
 */
export class RecentErrors {
  /** Fading mean absolute error. */
  private typical: number;
  private lowFactor = -NORMAL_95;
  private highFactor = NORMAL_95;
  /** Fading variance of the outcomes' own noise. */
  private noise = 0;
  private seen = 0;

  /** `guess`: the mean absolute error to assume at first. */
  constructor(guess: number) {
    this.typical = guess;
  }

  /** Outcome - forecast, and the variance of the outcome's own noise. `fading`: weight of this one. */
  add(error: number, noise: number, fading: number): void {
    this.seen++;
    const rate = Math.max(SLOWEST, QUICKEST / (1 + this.seen / 10));
    const relative = error / Math.max(1e-6, this.typical);
    const out = HIGH_QUANTILE + CAUTION;
    this.highFactor += rate * (relative > this.highFactor ? out : out - 1);
    this.lowFactor -= rate * (relative < this.lowFactor ? out : out - 1);
    const weight = Math.max(fading, 1 / (this.seen + PRIOR_WEIGHT));
    this.typical += weight * (Math.abs(error) - this.typical);
    this.noise += Math.max(fading, 1 / this.seen) * (noise - this.noise);
  }

  /** At most 0: outcomes are below forecast + `low` with probability `LOW_QUANTILE`. */
  get low(): number {
    return Math.min(0, this.lowFactor * this.typical);
  }

  /** At least 0. */
  get high(): number {
    return Math.max(0, this.highFactor * this.typical);
  }

  /**
   * Standard deviation of the forecast around the load: by the mean absolute error, which rare jumps move little, or
   * by the upper quantile where errors upwards are larger; without the noise with which outcomes are measured.
   */
  get spread(): number {
    const variance = (SIGMA * this.typical) ** 2;
    const own = Math.max(variance - this.noise, LEAST_OWN_ERROR * variance);
    // Under much noise the upper quantile tells of the noise.
    const upwards = Math.max(0, (this.high / SIGMAS_95) ** 2 - variance);
    return Math.sqrt(own + (own / variance) * upwards || 0);
  }

  /** Standard deviation of the outcomes' own noise. */
  get noiseDeviation(): number {
    return Math.sqrt(this.noise);
  }

  save(): SavedErrors {
    const { typical, lowFactor: low, highFactor: high, noise, seen } = this;
    return { typical, low, high, noise, seen };
  }

  restore({ typical, low, high, noise, seen }: SavedErrors): void {
    this.typical = typical;
    this.lowFactor = low;
    this.highFactor = high;
    this.noise = noise;
    this.seen = seen;
  }
}
