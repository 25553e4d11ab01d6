/** Above this mean variance of the weights nothing is learned from what comes in: forget no further. */
const LARGEST_VARIANCE = 1e4;

/** Σ · x of the update that runs; shared by all, as updates do not overlap. */
const DIRECTION = new Float64Array(64);

/** Numbers that a regression over `size` features keeps. */
export function regressionWidth(size: number): number {
  return size + (size * (size + 1)) / 2;
}

/**
 * Ridge regression, one observation at a time: least squares that forgets (Haykin, Adaptive Filter Theory,
 * chapter 9). Starts at weights 0 with the ridge as the strength of that belief. About 1.5 n² multiplications an
 * update, and n + n (n + 1) / 2 numbers of memory.
 */
export class RecursiveLeastSquares {
  readonly size: number;
  private readonly keep: number;
  /** From `start` on the weights, then the covariance Σ: its upper triangle, row by row. */
  private readonly state: Float64Array;
  private readonly start: number;

  /** `size`: features, at most 64. `keep`: weight of the past at each update, e.g. 0.9999. Lives in `state`. */
  constructor(
    size: number,
    ridge: number,
    keep: number,
    state: Float64Array = new Float64Array(regressionWidth(size)),
    start = 0,
  ) {
    this.size = size;
    this.keep = keep;
    this.state = state;
    this.start = start;
    for (let i = 0, at = start + size; i < size; at += size - i++) state[at] = 1 / ridge;
  }

  get weights(): number[] {
    return Array.from(this.state.subarray(this.start, this.start + this.size));
  }

  /** Expected value for the features that begin at `from`. */
  predict(features: Float32Array | Float64Array, from = 0): number {
    const { size, state, start } = this;
    let sum = 0;
    for (let i = 0; i < size; i++) sum += (features[from + i] as number) * (state[start + i] as number);
    return sum;
  }

  update(features: Float32Array | Float64Array, value: number, from = 0): void {
    const { size, state, start } = this;
    DIRECTION.fill(0, 0, size);
    let trace = 0;
    for (let i = 0, at = start + size; i < size; i++) {
      const x = features[from + i] as number;
      trace += state[at] as number;
      let direction = (DIRECTION[i] as number) + (state[at++] as number) * x;
      for (let j = i + 1; j < size; j++) {
        const covariance = state[at++] as number;
        direction += covariance * (features[from + j] as number);
        DIRECTION[j] = (DIRECTION[j] as number) + covariance * x;
      }
      DIRECTION[i] = direction;
    }
    let power = this.keep;
    for (let i = 0; i < size; i++) power += (features[from + i] as number) * (DIRECTION[i] as number);
    const error = value - this.predict(features, from);
    const grown = trace < LARGEST_VARIANCE * size ? 1 / this.keep : 1;
    for (let i = 0, at = start + size; i < size; i++) {
      const gain = (DIRECTION[i] as number) / power;
      state[start + i] = (state[start + i] as number) + gain * error;
      for (let j = i; j < size; j++, at++) {
        state[at] = ((state[at] as number) - gain * (DIRECTION[j] as number)) * grown;
      }
    }
  }

  /** Takes over what one with fewer features has learned; the further features begin at 0. */
  widen(narrow: ArrayLike<number>, narrowSize: number): void {
    const { size, state, start } = this;
    for (let i = 0; i < narrowSize; i++) state[start + i] = narrow[i] as number;
    for (let i = 0, from = narrowSize, to = start + size; i < narrowSize; to += size - i++) {
      for (let j = 0; j < narrowSize - i; j++) state[to + j] = narrow[from++] as number;
    }
  }
}
