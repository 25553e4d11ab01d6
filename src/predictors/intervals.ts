/**
 * Quantiles of a stream, each followed by its own step: up by `step · p` when exceeded, down by `step · (1 - p)`
 * when not. Whatever the stream does, in the long run the share below is p: adaptive conformal inference (Gibbs
 * and Candès 2021) in the form of quantile tracking (Angelopoulos, Candès and Tibshirani 2023).
 */
export class QuantileTracker {
  readonly probabilities: readonly number[];
  readonly values: Float64Array;
  private seen = 0;

  constructor(probabilities: readonly number[]) {
    this.probabilities = probabilities;
    this.values = new Float64Array(probabilities.length);
  }

  /** `scale` is the typical size of the values: a step is a share of it, larger at the beginning. */
  add(value: number, scale: number): void {
    this.seen++;
    const rate = Math.max(0.04, 1 / (1 + this.seen / 4)) * scale;
    for (let i = 0; i < this.values.length; i++) {
      const p = this.probabilities[i] as number;
      const at = this.values[i] as number;
      this.values[i] = at + rate * (value > at ? p : p - 1);
    }
  }

  save(): { readonly values: number[]; readonly seen: number } {
    return { values: Array.from(this.values), seen: this.seen };
  }

  restore(state: { readonly values: readonly number[]; readonly seen: number }): void {
    this.values.set(state.values);
    this.seen = state.seen;
  }
}
