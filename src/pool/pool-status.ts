import type { Decision } from '../core/decision.ts';
import type { PoolId, ReadingQuality } from '../core/observation.ts';
import type { ScaledEvent } from '../events.ts';
import type { Mode } from '../options.ts';
import type { ShadowStanding, TrialStanding } from '../shadows/shadows.ts';
import type { BreakerState } from '../workers/actuator.ts';
import type { ManagedPool } from './managed-pool.ts';

/** One pool in `status()`. Plain JSON. */
export interface PoolStatus {
  readonly id: PoolId;
  readonly policy: string;
  readonly mode: Mode;
  readonly paused: boolean;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly quality: ReadingQuality;
  /** Ready and starting. */
  readonly size: number;
  readonly ready: number;
  readonly starting: number;
  readonly draining: number;
  readonly busy: number;
  readonly queued: number;
  readonly utilization: number;
  /** Load in busy-worker equivalents, smoothed little. */
  readonly demand: number;
  readonly operations: number;
  readonly breaker: BreakerState;
  /** What one worker costs in an hour, where the options say. */
  readonly costPerHour?: number;
  /** The acting policy and its shadows beside each other; absent without shadows. */
  readonly shadows?: readonly ShadowStanding[];
  /** A trial that runs. */
  readonly trial?: TrialStanding;
  readonly lastDecision?: Decision;
  readonly lastChange?: ScaledEvent;
}

export function poolStatus(pool: ManagedPool): PoolStatus {
  const { options, view, decision, actuator, shadows } = pool;
  const lastChange = pool.history().at(-1);
  const trial = shadows?.trial();
  return {
    id: pool.id,
    policy: pool.policy.name,
    mode: pool.mode,
    paused: pool.paused,
    minWorkers: options.minWorkers,
    maxWorkers: options.maxWorkers,
    quality: view?.quality ?? 'none',
    size: view?.size ?? 0,
    ready: view?.ready ?? 0,
    starting: view?.starting ?? 0,
    draining: view?.draining ?? 0,
    busy: view?.busy ?? 0,
    queued: view?.queued ?? 0,
    utilization: view?.utilization ?? 0,
    demand: view?.demand.fast ?? 0,
    operations: actuator.operations().length,
    breaker: actuator.breaker,
    ...(options.price !== undefined && { costPerHour: options.price.perWorkerHour }),
    ...(shadows !== undefined && { shadows: shadows.standings(view, decision) }),
    ...(trial !== undefined && { trial }),
    ...(decision !== undefined && { lastDecision: decision }),
    ...(lastChange !== undefined && { lastChange }),
  };
}
