/** Above this mean variance of the weights nothing is learned from what comes in: forget no further. */
const LARGEST_VARIANCE = 1e4;

/** Σ · x of the update that runs; shared by all, as updates do not overlap. */
const DIRECTION = new Float64Array(64);

/**
 * Ridge regression, one observation at a time: least squares that forgets (Haykin, Adaptive Filter Theory,
 * chapter 9). Starts at weights 0 with the ridge as the strength of that belief. About 1.5 n² multiplications an
 * update, and n + n (n + 1) / 2 numbers of memory.
 */
export class RecursiveLeastSquares {
  readonly size: number;
  private readonly keep: number;
  /** The weights, then the covariance Σ: its upper triangle, row by row. */
  private readonly state: Float64Array;

  /** `size`: features, at most 64. `keep`: weight of the past at each update, e.g. 0.9999. */
  constructor(size: number, ridge: number, keep: number) {
    this.size = size;
    this.keep = keep;
    this.state = new Float64Array(size + (size * (size + 1)) / 2);
    for (let i = 0, at = size; i < size; at += size - i++) this.state[at] = 1 / ridge;
  }

  get weights(): number[] {
    return Array.from(this.state.subarray(0, this.size));
  }

  /** Expected value for the features that begin at `from`. */
  predict(features: Float32Array | Float64Array, from = 0): number {
    let sum = 0;
    for (let i = 0; i < this.size; i++) sum += (features[from + i] as number) * (this.state[i] as number);
    return sum;
  }

  update(features: Float32Array | Float64Array, value: number, from = 0): void {
    const { size, state } = this;
    DIRECTION.fill(0, 0, size);
    let trace = 0;
    for (let i = 0, at = size; i < size; i++) {
      const x = features[from + i] as number;
      trace += state[at] as number;
      DIRECTION[i] = (DIRECTION[i] as number) + (state[at++] as number) * x;
      for (let j = i + 1; j < size; j++) {
        const covariance = state[at++] as number;
        DIRECTION[i] = (DIRECTION[i] as number) + covariance * (features[from + j] as number);
        DIRECTION[j] = (DIRECTION[j] as number) + covariance * x;
      }
    }
    let power = this.keep;
    for (let i = 0; i < size; i++) power += (features[from + i] as number) * (DIRECTION[i] as number);
    const error = value - this.predict(features, from);
    const grown = trace < LARGEST_VARIANCE * size ? 1 / this.keep : 1;
    for (let i = 0, at = size; i < size; i++) {
      const gain = (DIRECTION[i] as number) / power;
      state[i] = (state[i] as number) + gain * error;
      for (let j = i; j < size; j++, at++) {
        state[at] = ((state[at] as number) - gain * (DIRECTION[j] as number)) * grown;
      }
    }
  }

  save(): number[] {
    return Array.from(this.state);
  }

  /** @throws RangeError when it was saved with another number of features. */
  restore(state: readonly number[]): void {
    if (state.length !== this.state.length) throw new RangeError('saved with other features');
    this.state.set(state);
  }
}
