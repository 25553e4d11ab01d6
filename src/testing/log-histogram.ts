/** Buckets per doubling: a value is known to within 1/32 of a doubling, 2.2%. */
const PER_DOUBLING = 32;
/** Values from 2^-4 ms to 2^40 ms (35 years) are told apart. */
const LOWEST_EXPONENT = -4;
const BUCKETS = (40 - LOWEST_EXPONENT) * PER_DOUBLING;

/**
 * Durations, counted in buckets of equal ratio: a fixed 11 KB for any number of values, percentiles to within
 * 1.1%. Zeros are counted apart, exactly.
 */
export class LogHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #zeros = 0;
  #total = 0;
  #sum = 0;
  #max = 0;

  add(ms: number, count = 1): void {
    this.#total += count;
    if (!(ms > 0)) {
      this.#zeros += count;
      return;
    }
    this.#sum += ms * count;
    if (ms > this.#max) this.#max = ms;
    const at = Math.floor((Math.log2(ms) - LOWEST_EXPONENT) * PER_DOUBLING);
    const index = at < 0 ? 0 : at >= BUCKETS ? BUCKETS - 1 : at;
    this.#counts[index] = (this.#counts[index] as number) + count;
  }

  get total(): number {
    return this.#total;
  }

  get sum(): number {
    return this.#sum;
  }

  get mean(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total;
  }

  get max(): number {
    return this.#max;
  }

  /** The value that a share `ratio` of all values does not exceed; 0 where nothing was counted. */
  percentile(ratio: number): number {
    const rank = ratio * this.#total;
    let seen = this.#zeros;
    if (seen >= rank) return 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#counts[i] as number;
      // The middle of the bucket on the log scale, never beyond what was really seen.
      if (seen >= rank) return Math.min(this.#max, 2 ** ((i + 0.5) / PER_DOUBLING + LOWEST_EXPONENT));
    }
    return this.#max;
  }
}
