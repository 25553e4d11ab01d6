import type { Clock } from '../clock.ts';
import { atLeast, oneOf, positive, share, wholeNumber } from './check.ts';
import { type Distribution, toDistribution } from './distributions.ts';
import { ExactEngine } from './exact-engine.ts';
import { FlowEngine, flowStep } from './flow-engine.ts';
import type { JobEngine } from './job-engine.ts';
import type { Random } from './random.ts';
import type { Workload } from './workload.ts';

/** All durations in ms; where a `Distribution` may be given, a plain number is a constant. */
export interface SimulatedPoolOptions {
  /** Who owns time; a `VirtualClock`, or the system's for a pool that behaves in real time. */
  readonly clock: Clock;
  readonly workload: Workload;
  /** From a job's start to its end. Default 500. */
  readonly serviceTimeMs?: number | Distribution;
  /** Jobs that one worker runs at once. Default 1. */
  readonly slotsPerWorker?: number;
  /** From the call to `startWorker` until the worker serves. Default 30 000. */
  readonly startupMs?: number | Distribution;
  /** What a start without `skipWarmup` takes on top. Default 0. */
  readonly warmupMs?: number | Distribution;
  /** Share of the starts that fail when they should be ready. Default 0. */
  readonly startFailureRatio?: number;
  /** Share of the starts that never end, until they are aborted. Default 0. */
  readonly startHangRatio?: number;
  /** Crashes of a ready worker per hour that it lives. Default 0. */
  readonly crashesPerHour?: number;
  /** Share of the jobs that fail. Default 0. */
  readonly jobFailureRatio?: number;
  /** What becomes of the jobs of a worker that crashes or is stopped at once. Default `lose`. */
  readonly interruptedJobs?: 'lose' | 'requeue';
  /** Workers that are ready at the begin. Default 1. */
  readonly initialWorkers?: number;
  /**
   * `jobs`: every job on its own, exact; for minutes and hours, or low rates. `flow`: batches in steps of the
   * service time; for days of short jobs at high rates. Default `jobs`.
   */
  readonly fidelity?: 'jobs' | 'flow';
  /** Longest step of `flow`, ms. Default 1000; see `flowStep`. */
  readonly stepMs?: number;
  /** A job that waits longer than this is late. Default 2000. */
  readonly objectiveMs?: number;
  /** Report single workers in `observe`. Default true. */
  readonly reportWorkers?: boolean;
  /** The same seed gives the same arrivals, whatever the pool's size does. Default 1. */
  readonly seed?: number;
}

/** What a pool has cost and done, in seconds of one worker. */
export interface PoolUsage {
  /** From the call that starts a worker until it is gone: start-up and drain included. */
  readonly workerSeconds: number;
  readonly readySeconds: number;
  /** Spent on jobs that have ended. */
  readonly busySeconds: number;
  readonly crashes: number;
  readonly failedStarts: number;
}

/** The options with their defaults, checked. */
export interface ResolvedPool {
  readonly clock: Clock;
  readonly workload: Workload;
  readonly service: Distribution;
  readonly slotsPerWorker: number;
  readonly startup: Distribution;
  readonly warmup: Distribution;
  readonly startFailureRatio: number;
  readonly startHangRatio: number;
  readonly crashesPerHour: number;
  readonly jobFailureRatio: number;
  readonly requeue: boolean;
  readonly initialWorkers: number;
  readonly fidelity: 'jobs' | 'flow';
  readonly stepMs: number;
  readonly objectiveMs: number;
  readonly reportWorkers: boolean;
  readonly seed: number;
}

export function resolveSimulatedPool(options: SimulatedPoolOptions): ResolvedPool {
  const { clock, workload, fidelity = 'jobs', reportWorkers = true, interruptedJobs = 'lose' } = options;
  const service = toDistribution('serviceTimeMs', options.serviceTimeMs ?? 500);
  positive('serviceTimeMs', service.meanMs);
  oneOf('fidelity', fidelity, ['jobs', 'flow']);
  oneOf('interruptedJobs', interruptedJobs, ['lose', 'requeue']);
  return {
    clock,
    workload,
    service,
    slotsPerWorker: wholeNumber('slotsPerWorker', options.slotsPerWorker ?? 1, 1),
    startup: toDistribution('startupMs', options.startupMs ?? 30_000),
    warmup: toDistribution('warmupMs', options.warmupMs ?? 0),
    startFailureRatio: share('startFailureRatio', options.startFailureRatio ?? 0),
    startHangRatio: share('startHangRatio', options.startHangRatio ?? 0),
    crashesPerHour: atLeast('crashesPerHour', options.crashesPerHour ?? 0, 0),
    jobFailureRatio: share('jobFailureRatio', options.jobFailureRatio ?? 0),
    requeue: interruptedJobs === 'requeue',
    initialWorkers: wholeNumber('initialWorkers', options.initialWorkers ?? 1, 0),
    fidelity,
    stepMs: positive('stepMs', options.stepMs ?? 1000),
    objectiveMs: atLeast('objectiveMs', options.objectiveMs ?? 2000, 0),
    reportWorkers,
    seed: options.seed ?? 1,
  };
}

export function engineOf(pool: ResolvedPool, random: Random): JobEngine {
  const options = { ...pool, random };
  return pool.fidelity === 'jobs'
    ? new ExactEngine(options)
    : new FlowEngine(options, flowStep(pool.service, pool.stepMs));
}
