const MINUTE_MS = 60_000;
const COARSE_MS = 5 * MINUTE_MS;
const FINE_SLOTS = 4 * 60;
const COARSE_SLOTS = (28 * 24 * 60) / 5;

/** Means over steps of a fixed length, the newest `slots` of them. A step without a sample is NaN. */
class StepRing {
  readonly stepMs: number;
  readonly values: Float32Array;
  /** Number of the newest complete step since the epoch. */
  newest = Number.NaN;
  private open = Number.NaN;
  private sum = 0;
  private count = 0;

  constructor(stepMs: number, slots: number) {
    this.stepMs = stepMs;
    this.values = new Float32Array(slots).fill(Number.NaN);
  }

  add(at: number, value: number): void {
    const step = Math.floor(at / this.stepMs);
    if (step !== this.open) {
      // Time that runs back (a corrected clock) must not tear holes: wait until it has caught up.
      if (step < this.open) return;
      this.close(step);
    }
    this.sum += value;
    this.count++;
  }

  /** Mean of the step with this number; NaN when it is not known. */
  step(step: number): number {
    if (!(step <= this.newest && step > this.newest - this.values.length)) return Number.NaN;
    return this.values[step % this.values.length] as number;
  }

  /** Linear between the middles of steps; NaN when a neighbour is not known. */
  at(time: number): number {
    const position = time / this.stepMs - 0.5;
    const before = Math.floor(position);
    const low = this.step(before);
    const high = this.step(before + 1);
    return low + (position - before) * (high - low);
  }

  /** Writes the open step down and begins the next one; steps in between saw nothing. */
  private close(next: number): void {
    if (this.count > 0) {
      this.forget(this.open);
      this.values[this.open % this.values.length] = this.sum / this.count;
      this.newest = this.open;
    }
    this.open = next;
    this.sum = 0;
    this.count = 0;
  }

  private forget(upTo: number): void {
    if (Number.isNaN(this.newest)) return;
    const from = Math.max(this.newest + 1, upTo - this.values.length + 1);
    for (let step = from; step < upTo; step++) this.values[step % this.values.length] = Number.NaN;
  }

  save(): { readonly newest: number | null; readonly values: (number | null)[] } {
    const values: (number | null)[] = [];
    if (!Number.isNaN(this.newest)) {
      for (let step = this.newest - this.values.length + 1; step <= this.newest; step++) {
        const value = step < 0 ? Number.NaN : this.step(step);
        values.push(Number.isNaN(value) ? null : Number(value.toPrecision(6)));
      }
      while (values[0] === null) values.shift();
    }
    return { newest: Number.isNaN(this.newest) ? null : this.newest, values };
  }

  restore(state: { readonly newest: number | null; readonly values: readonly (number | null)[] }): void {
    this.values.fill(Number.NaN);
    this.newest = state.newest ?? Number.NaN;
    this.open = Number.NaN;
    this.sum = 0;
    this.count = 0;
    state.values.forEach((value, i) => {
      const step = this.newest - state.values.length + 1 + i;
      this.values[step % this.values.length] = value ?? Number.NaN;
    });
  }
}

/**
 * What the load was: every minute of the last 4 hours and every 5 minutes of the last 28 days, in 33 KB.
 */
export class LoadHistory {
  private readonly fine: StepRing = new StepRing(MINUTE_MS, FINE_SLOTS);
  private readonly coarse: StepRing = new StepRing(COARSE_MS, COARSE_SLOTS);

  add(at: number, demand: number): void {
    this.fine.add(at, demand);
    this.coarse.add(at, demand);
  }

  /** Demand at a moment of the last 4 hours, to the minute; NaN when it is not known. */
  recent(time: number): number {
    return this.fine.at(time);
  }

  /** Demand at a moment of the last 28 days, smoothed over 5 minutes; NaN when it is not known. */
  past(time: number): number {
    return this.coarse.at(time);
  }

  save(): unknown {
    return { fine: this.fine.save(), coarse: this.coarse.save() };
  }

  restore(state: unknown): void {
    const { fine, coarse } = state as Record<'fine' | 'coarse', ReturnType<StepRing['save']>>;
    this.fine.restore(fine);
    this.coarse.restore(coarse);
  }
}
