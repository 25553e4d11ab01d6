import type { Arrival } from './arrivals.ts';

/** Starts that were given up and have not settled: their workers may still appear. */
export class Stragglers {
  readonly #starts = new Set<Arrival>();

  get size(): number {
    return this.#starts.size;
  }

  add(start: Arrival): void {
    this.#starts.add(start);
  }

  delete(start: Arrival): void {
    this.#starts.delete(start);
  }

  clear(): void {
    this.#starts.clear();
  }

  /** Those that were called off: a pool that takes no notice still shows them as starting. */
  cancelled(): number {
    let cancelled = 0;
    for (const { state } of this.#starts) if (state === 'cancelled') cancelled++;
    return cancelled;
  }

  /** Those begun less than `patienceMs` ago. */
  expected(at: number, patienceMs: number): number {
    let expected = 0;
    for (const { begunAt } of this.#starts) if (at - begunAt < patienceMs) expected++;
    return expected;
  }

  /** Forgets those begun `longestMs` ago and earlier. */
  expire(at: number, longestMs: number): void {
    for (const start of this.#starts) if (at - start.begunAt >= longestMs) this.#starts.delete(start);
  }
}
