import type { PoolView } from '../../core/view.ts';

/** What a monitoring agent would report about the time between two ticks. */
export interface Usage {
  /** Mean busy workers. */
  readonly busy: number;
  /** busy / ready, 0..1. */
  readonly utilization: number;
  /** Mean jobs in service and waiting. */
  readonly concurrency: number;
  /** The same with the queue as it stands now: what a window much shorter than a tick would show. */
  readonly latestConcurrency: number;
  /** Workers that it would take to serve what arrived and what waits within one such time. */
  readonly load: number;
}

/**
 * Agents sample every second; a controller's view tells the number of busy workers at one moment, which is far
 * noisier (40 ± 6 against 40 ± 1). So the mean is taken from the balance of work: served = arrived + what the
 * backlog shrank by. 30 erlangs arrived and the backlog fell from 150 to 0 worker-seconds within 15 s: 40 were
 * busy.
 */
export class UsageMeter {
  #before: PoolView | undefined;
  #usage: Usage | undefined;

  observe(view: PoolView): Usage {
    if (view.quality !== 'full' && this.#usage !== undefined) return this.#usage;
    const before = this.#before;
    const seconds = Math.max(1e-3, (before === undefined ? view.intervalMs : view.now - before.now) / 1000);
    const { ready, demand } = view;
    const drained =
      before === undefined ? 0 : (before.demand.backlogSeconds - demand.backlogSeconds) / seconds;
    const served = before === undefined ? view.busy : demand.now + drained;
    const busy = Math.min(ready, Math.max(0, served));
    const inService = busy * view.slotsPerWorker;
    this.#before = view;
    this.#usage = {
      busy,
      utilization: ready > 0 ? busy / ready : 0,
      concurrency: inService + ((before?.queued ?? view.queued) + view.queued) / 2,
      latestConcurrency: inService + view.queued,
      load: demand.now + demand.backlogSeconds / seconds,
    };
    return this.#usage;
  }
}
