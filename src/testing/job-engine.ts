import type { Distribution } from './distributions.ts';
import { LogHistogram } from './log-histogram.ts';
import type { Random } from './random.ts';
import type { Workload } from './workload.ts';

/**
 * The queueing model inside a simulated pool: jobs arrive, wait first in, first out, and are served on the slots
 * of the workers that are open. Workers are named by small whole numbers. Times are ms since the pool began.
 */
export interface JobEngine {
  readonly totals: JobTotals;
  /** Jobs that wait. */
  readonly queued: number;
  /** Jobs in service, those of closed workers included. */
  readonly running: number;
  /** Jobs in service on open workers. */
  readonly runningOnOpen: number;
  /** Plays everything up to `ms`. */
  advanceTo(ms: number): void;
  /** The worker takes jobs from now on; also one that was closed. */
  open(worker: number): void;
  /** The worker takes no more jobs. Returns when its last one ends (now, where it runs none). */
  close(worker: number): number;
  /** The worker is gone at once. Returns the jobs that this interrupted. */
  remove(worker: number): number;
  runningOn(worker: number): number;
  /** Jobs that have waited longer than the objective and still do. */
  lateInQueue(): number;
}

export interface JobEngineOptions {
  readonly workload: Workload;
  readonly service: Distribution;
  readonly slotsPerWorker: number;
  /** A wait longer than this is late, ms. */
  readonly objectiveMs: number;
  /** Share of jobs that fail when they end. */
  readonly jobFailureRatio: number;
  /** A job whose worker is gone waits again, at the front of the queue; else it is lost. */
  readonly requeue: boolean;
  readonly random: Random;
}

/** What has happened since the pool began. */
export class JobTotals {
  arrived = 0;
  started = 0;
  /** Ended well. */
  completed = 0;
  /** Ended badly. */
  failed = 0;
  /** Interrupted and not taken up again. */
  lost = 0;
  /** Started after a wait longer than the objective. */
  late = 0;
  /** Service time of the jobs that ended, and how many those are. */
  serviceMs = 0;
  responseMs = 0;
  ended = 0;
  readonly waits: LogHistogram = new LogHistogram();
}

/** Arrivals per ms at a time. */
export function arrivalRate(options: JobEngineOptions): (ms: number) => number {
  const { workload, service, slotsPerWorker } = options;
  const perMs = workload.unit === 'jobs-per-second' ? 1 / 1000 : slotsPerWorker / service.meanMs;
  return (ms) => {
    const load = workload.at(ms);
    return load > 0 ? load * perMs : 0;
  };
}
