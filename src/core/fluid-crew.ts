import type { PoolView } from './view.ts';

/** Keeps account of a crew as time passes. */
export interface CrewLedger {
  /** The crew served a demand for this long, beginning as it is now. */
  served(passedMs: number, demand: number, crew: FluidCrew): void;
}

/**
 * Workers that a pool would have if somebody else had their way: starts take a known time, stops none, and what no
 * ready worker takes waits as a fluid. Demand is what arrives: it does not depend on the size.
 */
export class FluidCrew {
  ready: number;
  /** Work that waits, in seconds of one worker. */
  backlogSeconds: number;
  starting = 0;
  readonly #arriving: { readonly at: number; count: number }[] = [];
  #advancedTo: number;

  constructor(ready: number, backlogSeconds: number, monotonic: number) {
    this.ready = ready;
    this.backlogSeconds = backlogSeconds;
    this.#advancedTo = monotonic;
  }

  /** Ready and starting. */
  get size(): number {
    return this.ready + this.starting;
  }

  /** Lets time pass under this demand, in workers. */
  advance(monotonic: number, demand: number, ledger: CrewLedger): void {
    for (let first = this.#arriving[0]; first !== undefined && first.at <= monotonic; ) {
      this.#serve(first.at, demand, ledger);
      this.ready += first.count;
      this.starting -= first.count;
      this.#arriving.shift();
      first = this.#arriving[0];
    }
    this.#serve(monotonic, demand, ledger);
  }

  /** Workers join after a start-up time. */
  start(count: number, monotonic: number, startupMs: number): void {
    this.#arriving.push({ at: monotonic + startupMs, count });
    this.starting += count;
  }

  /** Starts what is missing. What is too much goes at once, those that still start first. */
  resize(to: number, monotonic: number, startupMs: number): void {
    let surplus = this.size - to;
    if (surplus < 0) this.start(-surplus, monotonic, startupMs);
    for (let last = this.#arriving.at(-1); surplus > 0 && last !== undefined; last = this.#arriving.at(-1)) {
      const cancelled = Math.min(surplus, last.count);
      last.count -= cancelled;
      this.starting -= cancelled;
      surplus -= cancelled;
      if (last.count === 0) this.#arriving.pop();
    }
    if (surplus > 0) this.ready -= surplus;
  }

  /** Until this moment. */
  #serve(monotonic: number, demand: number, ledger: CrewLedger): void {
    const passedMs = monotonic - this.#advancedTo;
    if (passedMs <= 0) return;
    this.#advancedTo = monotonic;
    ledger.served(passedMs, demand, this);
    this.backlogSeconds = Math.max(0, this.backlogSeconds + ((demand - this.ready) * passedMs) / 1_000);
  }
}

/** A crew that begins as the pool is. */
export function crewOf(view: PoolView, monotonic: number): FluidCrew {
  const crew = new FluidCrew(view.ready, view.demand.backlogSeconds, monotonic);
  if (view.starting > 0) crew.start(view.starting, monotonic, view.startup.p50Ms);
  return crew;
}
