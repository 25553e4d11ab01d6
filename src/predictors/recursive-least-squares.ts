/** Above this mean variance of the weights nothing is learned from what comes in: forget no further. */
const LARGEST_VARIANCE = 1e4;

/**
 * Ridge regression, one observation at a time: least squares that forgets (Haykin, Adaptive Filter Theory,
 * chapter 9). Starts at weights 0 with the ridge as the strength of that belief. n² multiplications an update.
 */
export class RecursiveLeastSquares {
  readonly size: number;
  readonly weights: Float64Array;
  private readonly covariance: Float64Array;
  private readonly direction: Float64Array;
  private readonly keep: number;

  /** `keep` is the weight of the past at each update, e.g. 0.9999. */
  constructor(size: number, ridge: number, keep: number) {
    this.size = size;
    this.keep = keep;
    this.weights = new Float64Array(size);
    this.direction = new Float64Array(size);
    this.covariance = new Float64Array(size * size);
    for (let i = 0; i < size; i++) this.covariance[i * size + i] = 1 / ridge;
  }

  /** Expected value for the features that begin at `from`. */
  predict(features: Float32Array | Float64Array, from = 0): number {
    let sum = 0;
    for (let i = 0; i < this.size; i++) sum += (features[from + i] as number) * (this.weights[i] as number);
    return sum;
  }

  update(features: Float32Array | Float64Array, value: number, from = 0): void {
    const { size, covariance, direction, weights } = this;
    let power = this.keep;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++)
        sum += (covariance[i * size + j] as number) * (features[from + j] as number);
      direction[i] = sum;
      power += (features[from + i] as number) * sum;
    }
    const error = value - this.predict(features, from);
    const grown = this.trace() < LARGEST_VARIANCE * size ? 1 / this.keep : 1;
    for (let i = 0; i < size; i++) {
      const gain = (direction[i] as number) / power;
      weights[i] = (weights[i] as number) + gain * error;
      for (let j = i; j < size; j++) {
        const value = ((covariance[i * size + j] as number) - gain * (direction[j] as number)) * grown;
        covariance[i * size + j] = value;
        covariance[j * size + i] = value;
      }
    }
  }

  save(): { readonly weights: number[]; readonly covariance: number[] } {
    return { weights: Array.from(this.weights), covariance: Array.from(this.covariance) };
  }

  restore(state: { readonly weights: readonly number[]; readonly covariance: readonly number[] }): void {
    this.weights.set(state.weights);
    this.covariance.set(state.covariance);
  }

  private trace(): number {
    let sum = 0;
    for (let i = 0; i < this.size; i++) sum += this.covariance[i * this.size + i] as number;
    return sum;
  }
}
