import type { PoolObservation } from '../../core/observation.ts';
import type { PendingJob } from './pending-job.ts';

/** Seconds that count as recent: the controller's fast interval, so that each look sees the jobs since the last. */
const WINDOW_SECONDS = 15;

type AnyJob = Pick<PendingJob<unknown, unknown>, 'arrivedAt' | 'startedAt'>;

/** Counts jobs and times them. */
export class FlowMeter {
  #arrived = 0;
  #completed = 0;
  #failed = 0;
  readonly #wait = new RecentMean();
  readonly #service = new RecentMean();
  readonly #response = new RecentMean();

  /** Counts a job in, and numbers it. */
  arrived(): number {
    this.#arrived += 1;
    return this.#arrived;
  }

  started(job: AnyJob): void {
    this.#wait.add(job.startedAt - job.arrivedAt, job.startedAt);
  }

  /** A worker answered. */
  ended(job: AnyJob, how: 'completed' | 'failed'): void {
    const now = performance.now();
    this.#service.add(now - job.startedAt, now);
    this.#response.add(now - job.arrivedAt, now);
    if (how === 'completed') this.#completed += 1;
    else this.#failed += 1;
  }

  /** The pool gave it up. */
  lost(): void {
    this.#failed += 1;
  }

  observe(): Partial<PoolObservation> {
    const now = performance.now();
    const waitTimeMs = this.#wait.at(now);
    const serviceTimeMs = this.#service.at(now);
    const responseTimeMs = this.#response.at(now);
    return {
      arrived: this.#arrived,
      completed: this.#completed,
      failed: this.#failed,
      ...(waitTimeMs === undefined ? {} : { waitTimeMs }),
      ...(serviceTimeMs === undefined ? {} : { serviceTimeMs }),
      ...(responseTimeMs === undefined ? {} : { responseTimeMs }),
    };
  }
}

interface Second {
  at: number;
  sum: number;
  count: number;
}

/**
 * The mean over the last 15 seconds. It forgets: after a quiet quarter of a minute there is no mean any more, and a
 * long wait of an hour ago cannot keep a pool large.
 */
export class RecentMean {
  readonly #seconds: Second[] = Array.from({ length: WINDOW_SECONDS }, () => ({ at: -1, sum: 0, count: 0 }));

  /** `nowMs` is monotonic. */
  add(value: number, nowMs: number): void {
    const at = Math.floor(nowMs / 1000);
    const second = this.#seconds[at % WINDOW_SECONDS] as Second;
    if (second.at !== at) Object.assign(second, { at, sum: 0, count: 0 });
    second.sum += value;
    second.count += 1;
  }

  /** `undefined`: nothing was recent. */
  at(nowMs: number): number | undefined {
    const oldest = Math.floor(nowMs / 1000) - WINDOW_SECONDS;
    let sum = 0;
    let count = 0;
    for (const second of this.#seconds) {
      if (second.at <= oldest) continue;
      sum += second.sum;
      count += second.count;
    }
    return count === 0 ? undefined : sum / count;
  }
}
