import type { Fit } from '../core/fit.ts';
import type { PoolView } from '../core/view.ts';

/** Assumed where nothing tells how long a job takes, ms. */
const ASSUMED_SERVICE_MS = 1_000;

/**
 * The workers that a pool would have if another policy had its way: starts take the pool's own typical start-up
 * time, stops none, and what no ready worker takes waits as a fluid. Demand is taken as measured: it is what arrives,
 * and does not depend on the size.
 */
export class ModelledCrew {
  ready: number;
  /** Work that waits, in seconds of one worker. */
  backlogSeconds: number;
  readonly #arriving: { readonly at: number; count: number }[] = [];
  #advancedTo: number;

  /** Begins as the pool is. */
  constructor(view: PoolView, monotonic: number) {
    this.ready = view.ready;
    this.backlogSeconds = view.demand.backlogSeconds;
    this.#advancedTo = monotonic;
    if (view.starting > 0) this.#arriving.push({ at: monotonic + view.startup.p50Ms, count: view.starting });
  }

  get starting(): number {
    return this.#arriving.reduce((sum, { count }) => sum + count, 0);
  }

  get size(): number {
    return this.ready + this.starting;
  }

  /** Lets time pass under this demand. */
  advance(monotonic: number, demand: number, fit: Fit): void {
    for (
      let first = this.#arriving[0];
      first !== undefined && first.at <= monotonic;
      first = this.#arriving[0]
    ) {
      this.#serve(first.at, demand, fit);
      this.ready += first.count;
      this.#arriving.shift();
    }
    this.#serve(monotonic, demand, fit);
  }

  /** What is too much goes at once, those that still start first. */
  resize(to: number, monotonic: number, startupMs: number): void {
    let surplus = this.size - to;
    if (surplus < 0) this.#arriving.push({ at: monotonic + startupMs, count: -surplus });
    for (let last = this.#arriving.at(-1); surplus > 0 && last !== undefined; last = this.#arriving.at(-1)) {
      const cancelled = Math.min(surplus, last.count);
      last.count -= cancelled;
      surplus -= cancelled;
      if (last.count === 0) this.#arriving.pop();
    }
    if (surplus > 0) this.ready -= surplus;
  }

  /** The live view, as it would be with this crew. */
  view(live: PoolView): { -readonly [K in keyof PoolView]: PoolView[K] } {
    const { ready, starting, backlogSeconds } = this;
    const { flow, slotsPerWorker } = live;
    const serviceMs = flow.serviceTimeMs ?? ASSUMED_SERVICE_MS;
    const busy = backlogSeconds > 0 ? ready : Math.min(ready, live.demand.now);
    const waitMs = ready > 0 ? (backlogSeconds / ready) * 1_000 : 0;
    return {
      ...live,
      size: ready + starting,
      ready,
      starting,
      draining: 0,
      busy,
      queued: Math.round((backlogSeconds * 1_000 * slotsPerWorker) / serviceMs),
      utilization: ready > 0 ? Math.min(1, busy / ready) : 0,
      demand: { ...live.demand, backlogSeconds },
      flow: {
        ...flow,
        ...(flow.waitTimeMs !== undefined && { waitTimeMs: waitMs }),
        ...(flow.responseTimeMs !== undefined && {
          responseTimeMs:
            waitMs + (flow.serviceTimeMs ?? Math.max(0, flow.responseTimeMs - (flow.waitTimeMs ?? 0))),
        }),
      },
    };
  }

  /** Until this moment. */
  #serve(monotonic: number, demand: number, fit: Fit): void {
    const passedMs = Math.max(0, monotonic - this.#advancedTo);
    if (passedMs === 0) return;
    this.#advancedTo = monotonic;
    fit.add(passedMs, { demand, ready: this.ready, paid: this.size });
    this.backlogSeconds = Math.max(0, this.backlogSeconds + ((demand - this.ready) * passedMs) / 1_000);
  }
}
