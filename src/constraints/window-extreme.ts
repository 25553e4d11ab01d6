const BUCKETS = 32;

/**
 * The largest (or smallest) value of a sliding window, in constant memory: the window is cut into 32 buckets, so a
 * value counts for at least the window and at most a thirty-second part longer.
 */
export class WindowExtreme {
  readonly #bucketMs: number;
  readonly #pick: (a: number, b: number) => number;
  readonly #values = new Float64Array(BUCKETS + 1).fill(Number.NaN);
  #newest = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number, pick: (a: number, b: number) => number) {
    this.#bucketMs = windowMs / BUCKETS;
    this.#pick = pick;
  }

  add(value: number, monotonic: number): void {
    if (this.#bucketMs === 0) return;
    const bucket = this.#advance(monotonic);
    const slot = bucket % this.#values.length;
    const present = this.#values[slot] as number;
    this.#values[slot] = Number.isNaN(present) ? value : this.#pick(present, value);
  }

  /** `undefined` when the window is empty or 0 long. */
  get(monotonic: number): number | undefined {
    if (this.#bucketMs === 0) return undefined;
    this.#advance(monotonic);
    let extreme: number | undefined;
    for (const value of this.#values) {
      if (!Number.isNaN(value)) extreme = extreme === undefined ? value : this.#pick(extreme, value);
    }
    return extreme;
  }

  /** Clears the buckets that time has passed over; gives the present one. */
  #advance(monotonic: number): number {
    const bucket = Math.max(0, Math.floor(monotonic / this.#bucketMs));
    if (bucket > this.#newest) {
      const from = Math.max(this.#newest + 1, bucket - this.#values.length + 1);
      for (let passed = from; passed <= bucket; passed++) {
        this.#values[passed % this.#values.length] = Number.NaN;
      }
      this.#newest = bucket;
    }
    return this.#newest;
  }
}
