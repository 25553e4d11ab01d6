import type { PoolId, ResourceUsage } from '../core/observation.ts';
import type { Plan } from '../core/plan.ts';
import type { PoolTerms } from '../core/resources.ts';
import type { PoolView } from '../core/view.ts';

export type { PoolShare, PoolTerms } from '../core/resources.ts';

/** What one pool wants of what all share, and how it stands. Plain JSON. */
export interface Claim {
  readonly pool: PoolId;
  /** Workers now: ready and starting. */
  readonly current: number;
  readonly starting: number;
  readonly draining: number;
  /** The size that the constraints before left. */
  readonly wanted: number;
  readonly guaranteed: number;
  readonly priority: number;
  readonly weight: number;
  readonly emergency: boolean;
  /** The pool is not seen in full: nothing is taken from it. */
  readonly held: boolean;
  readonly needs: ResourceUsage;
  readonly costPerHour: number;
  /** Workers that its load keeps busy, the draining of its backlog included, and their standard deviation. */
  readonly demand: number;
  readonly spread: number;
}

const UNKNOWN: ResourceUsage = {};

export function claimOf(plan: Plan, view: PoolView, terms: PoolTerms, emergency: boolean): Claim {
  const { demand, forecast, startup, intervalMs } = view;
  const { share = {}, needs = UNKNOWN, costPerHour = 0 } = terms;
  // What waits should be gone when workers ordered now have come.
  const draining = (demand.backlogSeconds * 1000) / (startup.p50Ms + intervalMs);
  return {
    pool: view.pool,
    current: view.size,
    starting: view.starting,
    draining: view.draining,
    wanted: plan.size,
    guaranteed: Math.max(view.minWorkers, share.guaranteedWorkers ?? 1),
    priority: share.priority ?? 0,
    weight: share.weight ?? 1,
    emergency,
    held: view.quality !== 'full',
    needs,
    costPerHour,
    demand: Math.max(demand.fast, forecast?.mean ?? 0) + draining,
    spread: demand.spread,
  };
}
