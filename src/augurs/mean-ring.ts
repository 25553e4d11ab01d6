export const STEP_MS: number = 10 * 60_000;
/** 28 days. */
const SLOTS = 28 * 24 * 6;

export interface SavedRing {
  /** Number of the newest complete step since the epoch; null = none. */
  readonly newest: number | null;
  /** Means, oldest first, to a thousandth of a worker; null = not known. */
  readonly means: readonly (number | null)[];
}

/** Mean demand in each ten minutes of the last 28 days: 16 KB, whatever is observed. */
export class MeanRing {
  readonly #means: Float32Array = new Float32Array(SLOTS).fill(Number.NaN);
  /** Number of the newest complete step since the epoch. */
  #newest = Number.NaN;
  #open = Number.NaN;
  #sum = 0;
  #count = 0;

  get newest(): number {
    return this.#newest;
  }

  /** Returns whether a step was completed by this sample. */
  add(at: number, demand: number): boolean {
    const step = Math.floor(at / STEP_MS);
    // A clock that was set back: wait until it has caught up.
    if (step < this.#open || step <= this.#newest) return false;
    const completes = step > this.#open;
    if (completes) this.#complete();
    this.#open = step;
    this.#sum += demand;
    this.#count++;
    return completes;
  }

  /** Mean of a step; NaN when it is not known. */
  mean(step: number): number {
    const known = step <= this.#newest && step > this.#newest - SLOTS;
    return known ? (this.#means[step % SLOTS] as number) : Number.NaN;
  }

  /** The means from the first known one on, oldest first; NaN within gaps. */
  history(): Float64Array {
    const means = Float64Array.from({ length: SLOTS }, (_, i) => this.mean(this.#newest - SLOTS + 1 + i));
    const first = means.findIndex((mean) => !Number.isNaN(mean));
    return first < 0 ? new Float64Array() : means.slice(first);
  }

  save(): SavedRing {
    const means = Array.from(this.history(), (mean) =>
      Number.isNaN(mean) ? null : Math.round(mean * 1e3) / 1e3,
    );
    return { newest: means.length === 0 ? null : this.#newest, means };
  }

  restore({ newest, means }: SavedRing): void {
    if (newest === null) return;
    this.#newest = newest;
    const kept = means.slice(-SLOTS);
    kept.forEach((mean, i) => {
      this.#means[(newest - kept.length + 1 + i) % SLOTS] = mean ?? Number.NaN;
    });
  }

  #complete(): void {
    if (this.#count === 0) return;
    const gap = Math.max(this.#newest + 1, this.#open - SLOTS + 1);
    for (let step = gap; step < this.#open; step++) this.#means[step % SLOTS] = Number.NaN;
    this.#means[this.#open % SLOTS] = this.#sum / this.#count;
    this.#newest = this.#open;
    this.#sum = 0;
    this.#count = 0;
  }
}
