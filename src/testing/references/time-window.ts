interface Entry {
  readonly at: number;
  readonly value: number;
}

/** Values of the last `lengthMs`. */
export class TimeWindow {
  readonly #lengthMs: number;
  #entries: Entry[] = [];

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  add(at: number, value: number): void {
    this.#entries.push({ at, value });
    const first = this.#entries.findIndex((entry) => entry.at > at - this.#lengthMs);
    if (first > 0) this.#entries.splice(0, first);
  }

  get mean(): number {
    return this.sum / Math.max(1, this.#entries.length);
  }

  get max(): number {
    return this.#entries.reduce((most, entry) => Math.max(most, entry.value), Number.NEGATIVE_INFINITY);
  }

  get sum(): number {
    return this.#entries.reduce((sum, entry) => sum + entry.value, 0);
  }

  /** Sum of what is younger than `ageMs`. */
  sumWithin(now: number, ageMs: number): number {
    return this.#entries.reduce((sum, entry) => (entry.at > now - ageMs ? sum + entry.value : sum), 0);
  }
}
