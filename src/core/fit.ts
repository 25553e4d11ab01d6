/** How a pool stood for a while. All in workers. */
export interface Standing {
  /** Load in busy-worker equivalents. */
  readonly demand: number;
  readonly ready: number;
  /** All that are paid: ready, starting and draining. */
  readonly paid: number;
}

/** Adds up how well a size fits its load as time passes: what it costs, and how much of the load it makes wait. */
export class Fit {
  periodMs = 0;
  /** Worker-milliseconds paid. */
  paidMs = 0;
  /** Worker-milliseconds demanded. */
  demandMs = 0;
  /** Worker-milliseconds demanded while no ready worker was there for them. */
  lateMs = 0;
  /** Changes of size. */
  changes = 0;

  /** The pool stood so for this long. 8 ready workers and a demand of 10 for 15 s: 30 of 150 worker-seconds are late. */
  add(passedMs: number, { demand, ready, paid }: Standing): void {
    this.periodMs += passedMs;
    this.paidMs += passedMs * paid;
    this.demandMs += passedMs * demand;
    this.lateMs += passedMs * Math.max(0, demand - ready);
  }

  /** Share of the demand that found no ready worker when it came, 0..1. */
  get lateRatio(): number {
    return this.demandMs > 0 ? this.lateMs / this.demandMs : 0;
  }

  get workerHours(): number {
    return this.paidMs / 3_600_000;
  }
}
