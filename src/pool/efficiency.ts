import type { PoolView } from '../core/view.ts';
import type { EfficiencyEvent } from '../events.ts';

/** Adds up how well one pool's size fits its load, between two readings of the account. */
export class Efficiency {
  #since: number | undefined;
  #last: number | undefined;
  #readyMs = 0;
  #paidMs = 0;
  #busyMs = 0;

  /** Takes the time since the last view as spent in the state that this view shows. */
  add(view: PoolView, monotonic: number): void {
    this.#since ??= monotonic;
    const passedMs = Math.max(0, monotonic - (this.#last ?? monotonic));
    this.#last = monotonic;
    this.#readyMs += passedMs * view.ready;
    this.#paidMs += passedMs * (view.ready + view.starting + view.draining);
    this.#busyMs += passedMs * Math.min(view.busy, view.ready + view.draining);
  }

  /** The account since the last call; `undefined` when no time has passed. */
  settle(view: PoolView, monotonic: number): EfficiencyEvent | undefined {
    const periodMs = monotonic - (this.#since ?? monotonic);
    if (periodMs <= 0) return undefined;
    const event: EfficiencyEvent = {
      pool: view.pool,
      at: view.now,
      periodMs,
      utilization: this.#readyMs > 0 ? Math.min(1, this.#busyMs / this.#readyMs) : 0,
      workerSeconds: this.#paidMs / 1000,
      wasteRatio: this.#paidMs > 0 ? Math.max(0, 1 - this.#busyMs / this.#paidMs) : 0,
    };
    this.#since = monotonic;
    this.#readyMs = 0;
    this.#paidMs = 0;
    this.#busyMs = 0;
    return event;
  }
}
