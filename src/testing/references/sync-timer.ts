/** Some autoscalers act in a rhythm of their own, whatever the controller's is. */
export class SyncTimer {
  readonly #periodMs: number;
  #next = Number.NEGATIVE_INFINITY;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** Periods that have passed since the last call that gave more than 0; the first call gives 1. */
  due(now: number): number {
    if (this.#next === Number.NEGATIVE_INFINITY) {
      this.#next = now + this.#periodMs;
      return 1;
    }
    if (now < this.#next) return 0;
    const periods = Math.floor((now - this.#next) / this.#periodMs) + 1;
    this.#next += periods * this.#periodMs;
    return periods;
  }
}
