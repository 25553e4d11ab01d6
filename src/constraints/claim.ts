import type { PoolId, ResourceUsage } from '../core/observation.ts';
import type { Plan } from '../core/plan.ts';
import type { PoolView } from '../core/view.ts';

/** A pool's standing among the pools that share a budget. */
export interface PoolShare {
  /** Higher is served first, and cut last. Any number; default 0. */
  readonly priority?: number;
  /** Among equals of one priority a pool of weight 2 gets twice the workers, as far as it wants them. Above 0; default 1. */
  readonly weight?: number;
  /**
   * Workers that this pool is owed whenever it needs them. What it does not need is lent to others, and called back
   * from them. An integer, 0 or more; at least minWorkers. Default 1, so that no pool starves.
   */
  readonly guaranteedWorkers?: number;
}

/** What a pool is known to need and cost; from `LearnedNeeds` and its options. */
export interface PoolTerms {
  readonly share?: PoolShare;
  /** What one worker needs. */
  readonly needs?: ResourceUsage;
  /** What one worker costs in an hour. Default 0. */
  readonly costPerHour?: number;
}

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
