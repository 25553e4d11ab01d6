import type { Decision } from '../core/decision.ts';
import { InvalidOptionError } from '../errors.ts';
import type { PoolOptions } from '../options.ts';
import { ScalingController } from '../scaling-controller.ts';
import { positive, wholeNumber } from './check.ts';
import { toDistribution } from './distributions.ts';
import { drive } from './drive.ts';
import { neededWorkers } from './needed-workers.ts';
import type { SimulationReport } from './report.ts';
import { SimulatedPool } from './simulated-pool.ts';
import type { SimulatedPoolOptions } from './simulated-pool-options.ts';
import { VIRTUAL_START, VirtualClock } from './virtual-clock.ts';
import { erlangsPerUnit, meanLoad, type Workload } from './workload.ts';

/** Faults that a report keeps. */
const MOST_FAULTS = 20;

export interface SimulationOptions
  extends Pick<PoolOptions, 'policy' | 'minWorkers' | 'maxWorkers' | 'lifecycle' | 'predictor'> {
  readonly workload: Workload;
  /**
   * The pool that is simulated. Unless `initialWorkers` says otherwise, it begins with the workers that the load
   * at time 0 needs, within minWorkers and maxWorkers.
   */
  readonly pool?: Omit<SimulatedPoolOptions, 'clock' | 'workload' | 'seed'>;
  /** How long it runs, virtual ms. Default: to the workload's end. */
  readonly durationMs?: number;
  /** Time between two ticks, ms. Default 15 000. */
  readonly intervalMs?: number;
  /** The same seed gives the same report. Default 1. */
  readonly seed?: number;
  /**
   * How the controller sees the pool: `workers` starts and stops single ones, `replicas` asks an orchestrator for
   * a size. Default `workers`.
   */
  readonly as?: 'workers' | 'replicas';
  /** Wall time at the start, epoch ms. Default: the workload's own, else Monday, 5 January 2026, 0:00 UTC. */
  readonly startAt?: number;
  /** For the report. Default: the policy's name. */
  readonly name?: string;
  /** Decisions kept in the report. Default `changes`. */
  readonly decisions?: 'changes' | 'all' | 'none';
  /** Most points of the report's time series. Default 2000. */
  readonly seriesPoints?: number;
  /** Told now and then how much of the run is done, 0..1. */
  readonly onProgress?: (doneRatio: number) => void;
  /** Ends the run early; `simulate` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Puts a simulated pool under a real `ScalingController` and lets virtual time pass: days in a second or two.
 *
 * ```ts
 * import { diurnal, formatReport, simulate } from 'flyball/testing';
 *
 * const report = await simulate({
 *   workload: diurnal({ low: 2, high: 20 }),
 *   pool: { serviceTimeMs: 500, startupMs: 60_000, fidelity: 'flow' },
 *   policy: 'adaptive',
 *   maxWorkers: 40,
 *   durationMs: 7 * 86_400_000,
 * });
 * console.log(formatReport(report));
 * ```
 *
 * @throws {InvalidOptionError} (as a rejection) when an option breaks its rule.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { workload, policy, minWorkers, maxWorkers, lifecycle, predictor, signal } = options;
  if (typeof workload?.at !== 'function') {
    throw new InvalidOptionError('workload', 'must be a load, e.g. steady(4)', workload);
  }
  const durationMs = positive('durationMs', options.durationMs ?? workload.durationMs ?? Number.NaN);
  const intervalMs = positive('intervalMs', options.intervalMs ?? 15_000);
  const seed = wholeNumber('seed', options.seed ?? 1, 0);
  const keep = keeper(options.decisions ?? 'changes');
  const clock = new VirtualClock(options.startAt ?? workload.startAt ?? VIRTUAL_START);
  const pool = new SimulatedPool({
    initialWorkers: neededAtStart(options),
    ...options.pool,
    clock,
    workload,
    seed,
  });
  const controller = new ScalingController({
    clock,
    intervalMs,
    pools: [
      {
        id: 'pool',
        adapter: options.as === 'replicas' ? pool.replicas() : pool,
        ...(policy !== undefined && { policy }),
        ...(minWorkers !== undefined && { minWorkers }),
        ...(maxWorkers !== undefined && { maxWorkers }),
        ...(lifecycle !== undefined && { lifecycle }),
        ...(predictor !== undefined && { predictor }),
      },
    ],
  });
  const faults: string[] = [];
  controller.on('fault', ({ message, recovered }) => {
    if (!recovered && faults.length < MOST_FAULTS && !faults.includes(message)) faults.push(message);
  });
  const decisions: Decision[] = [];
  if (keep !== undefined)
    controller.on('decision', (decision) => void (keep(decision) && decisions.push(decision)));
  return drive({
    pool,
    clock,
    durationMs,
    intervalMs,
    seed,
    decisions,
    faults,
    control: { tick: () => controller.tick(), stop: () => controller.stop() },
    name: options.name ?? nameOf(policy),
    ...(options.seriesPoints !== undefined && { seriesPoints: options.seriesPoints }),
    ...(options.onProgress !== undefined && { onProgress: options.onProgress }),
    ...(signal !== undefined && { signal }),
  });
}

/** So that a run does not begin with a backlog that no policy is to blame for. */
function neededAtStart({ workload, pool, intervalMs, minWorkers, maxWorkers }: SimulationOptions): number {
  const perUnit = erlangsPerUnit(
    workload,
    toDistribution('pool.serviceTimeMs', pool?.serviceTimeMs ?? 500).meanMs,
    pool?.slotsPerWorker,
  );
  const needed = neededWorkers(meanLoad(workload, 0, intervalMs ?? 15_000) * perUnit);
  return Math.max(minWorkers ?? 1, Math.min(maxWorkers ?? 20, needed));
}

/** Which decisions the report keeps; `undefined` = none. */
function keeper(decisions: string): ((decision: Decision) => boolean) | undefined {
  switch (decisions) {
    case 'changes':
      return (decision) => decision.to !== decision.from;
    case 'all':
      return () => true;
    case 'none':
      return undefined;
    default:
      throw new InvalidOptionError('decisions', 'must be changes, all or none', decisions);
  }
}

function nameOf(policy: PoolOptions['policy']): string {
  if (policy === undefined) return 'adaptive';
  if (typeof policy === 'string') return policy;
  return 'name' in policy && typeof policy.name === 'string' ? policy.name : 'policy';
}
