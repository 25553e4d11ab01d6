import type { PoolObservation } from '../core/observation.ts';
import type { JobTotals } from './job-engine.ts';

type Means = Pick<PoolObservation, 'waitTimeMs' | 'serviceTimeMs' | 'responseTimeMs'>;

/** Mean times of the jobs since the observation before; absent where there were none. */
export class RecentMeans {
  #at = 0;
  #means: Means = {};
  #before = { ended: 0, serviceMs: 0, responseMs: 0, started: 0, waitMs: 0 };

  /** Who looks again at the same time `at` sees the same. */
  of(totals: JobTotals, at: number): Means {
    if (at === this.#at) return this.#means;
    const before = this.#before;
    const { ended, serviceMs, responseMs, started } = totals;
    const waitMs = totals.waits.sum;
    this.#means = {
      ...(started > before.started && { waitTimeMs: (waitMs - before.waitMs) / (started - before.started) }),
      ...(ended > before.ended && {
        serviceTimeMs: (serviceMs - before.serviceMs) / (ended - before.ended),
        responseTimeMs: (responseMs - before.responseMs) / (ended - before.ended),
      }),
    };
    this.#at = at;
    this.#before = { ended, serviceMs, responseMs, started, waitMs };
    return this.#means;
  }
}
