import type { DashboardData, DashboardPool, DashboardStatus } from '../telemetry/dashboard-data.ts';

/**
 * What the event stream carries, as JSON. A `snapshot` comes first and holds all; every `tick` after it holds what is
 * new: of the pool that is watched the points after the last message and the decisions since.
 */
export interface FeedMessage {
  readonly fleet: Fleet;
  /** Every pool, in one line each. */
  readonly pools: readonly PoolRow[];
  /** The watched pool; absent where there is none of that name. */
  readonly pool?: DashboardPool;
}

/** What concerns all pools. */
export type Fleet = Omit<DashboardData, 'pools'>;

/** One pool in the list of all. */
export interface PoolRow
  extends Pick<
    DashboardStatus,
    | 'policy'
    | 'mode'
    | 'paused'
    | 'quality'
    | 'size'
    | 'ready'
    | 'starting'
    | 'draining'
    | 'target'
    | 'maxWorkers'
    | 'demand'
    | 'utilization'
    | 'queued'
    | 'waitTimeMs'
    | 'breaker'
  > {
  readonly id: string;
  readonly emergency: boolean;
  /** Demand of the last minutes, oldest first; in a snapshot of up to 100 pools. */
  readonly trend?: readonly (number | null)[];
}

/** One pool in one line. */
export function rowOf({ id, status }: DashboardPool, trend?: readonly (number | null)[]): PoolRow {
  return {
    id,
    policy: status.policy,
    mode: status.mode,
    paused: status.paused,
    quality: status.quality,
    size: status.size,
    ready: status.ready,
    starting: status.starting,
    draining: status.draining,
    target: status.target,
    maxWorkers: status.maxWorkers,
    demand: status.demand,
    utilization: status.utilization,
    queued: status.queued,
    ...(status.waitTimeMs !== undefined && { waitTimeMs: status.waitTimeMs }),
    breaker: status.breaker,
    emergency: status.emergency !== undefined,
    ...(trend !== undefined && { trend }),
  };
}
