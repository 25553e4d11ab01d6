/** Weights of a new measurement, from "all noise" to "all signal". */
const GAINS = [0.05, 0.1, 0.2, 0.4, 0.8] as const;
/** How long errors are remembered, ms. */
const JUDGE_MS = 2 * 3_600_000;
/** An innovation of this many standard deviations is a jump, not noise: follow it at once. */
const JUMP_SIGMAS = 3.5;
/** A slower level must be better by this: following too closely costs little, lagging costs much. */
const DOUBT = 1.02;

/**
 * The level of a noisy load: a bank of exponential averages, of which the one speaks that has lately been nearest to
 * the next measurement. So it smooths a number of busy workers sampled at one moment (40 ± 6) heavily, and a counted
 * arrival rate (40 ± 1) hardly, without being told what it sees.
 */
export class Level {
  private readonly levels = new Float64Array(GAINS.length);
  private readonly errors = new Float64Array(GAINS.length);
  private samples = 0;
  private best: number = GAINS.length - 1;

  get value(): number {
    return this.levels[this.best] as number;
  }

  /** Standard deviation of measurements around what was expected, √(mean + 1) units apart: see `spread`. */
  get spread(): number {
    return Math.sqrt((this.errors[this.best] as number) * (1 + this.value));
  }

  add(measured: number, elapsedMs: number): number {
    const { levels, errors } = this;
    if (this.samples++ === 0) {
      levels.fill(measured);
      errors.fill(0.5);
      return measured;
    }
    const weight = Math.max(1 - Math.exp(-elapsedMs / JUDGE_MS), 1 / (this.samples + 10));
    const surprise = Math.max(0, Math.abs(measured - this.value) - 1);
    const isJump = surprise * surprise > JUMP_SIGMAS * JUMP_SIGMAS * this.spread * this.spread;
    for (let i = 0; i < GAINS.length; i++) {
      const level = levels[i] as number;
      const error = Math.min((measured - level) ** 2, 25 * (1 + level)) / (1 + level);
      errors[i] = (errors[i] as number) + weight * (error - (errors[i] as number));
      levels[i] = isJump ? measured : level + (GAINS[i] as number) * (measured - level);
    }
    this.best = GAINS.length - 1;
    for (let i = GAINS.length - 2; i >= 0; i--) {
      if (DOUBT * (errors[i] as number) < (errors[this.best] as number)) this.best = i;
    }
    return this.value;
  }
}
