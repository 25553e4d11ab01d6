import { adjust, type Plan } from '../core/plan.ts';
import type { Feasibility, ResourceCapacity, ResourceGuard, Supply } from '../core/resources.ts';
import type { PoolView } from '../core/view.ts';
import { messageOf } from '../errors.ts';
import { account } from './account.ts';
import { budget } from './budget.ts';
import { type Claim, claimOf, type PoolTerms } from './claim.ts';
import { type FeasibleTerms, feasible } from './feasible.ts';

/** One pool on its way through the last two constraints. */
export interface Sharer {
  readonly plan: Plan;
  readonly view: PoolView;
  readonly terms: PoolTerms & FeasibleTerms;
  readonly emergency: boolean;
}

/** What all pools share. Plain JSON but for the guard. */
export interface Shared {
  readonly guard?: ResourceGuard;
  /** What the guard sensed; absent = nothing was ever sensed, and nothing is judged. */
  readonly capacity?: ResourceCapacity;
  /** What budget and signals allow. */
  readonly budget: readonly Supply[];
}

/** What the guard said of one pool. */
export interface Verdict {
  /** Absent where there was no question. */
  readonly feasibility?: Feasibility;
  /** The guard could not judge; the pool does not grow. */
  readonly failure?: string;
}

const NO_QUESTION: Verdict = {};

/** The last two constraints, for all pools at once: each within what the guard lets pass, all within the budget. */
export function shareOut(pools: readonly Sharer[], { guard, capacity, budget: limits }: Shared): Verdict[] {
  const claims = (): Claim[] =>
    pools.map(({ plan, view, terms, emergency }) => claimOf(plan, view, terms, emergency));
  let verdicts = pools.map(() => NO_QUESTION);
  if (guard !== undefined && capacity !== undefined && pools.some(grows)) {
    const accounted = account(capacity, claims());
    verdicts = pools.map((pool) => judge(pool, guard, accounted));
  }
  if (limits.length === 0 && capacity === undefined) return verdicts;
  const plans = pools.map(({ plan }) => plan);
  budget(plans, claims(), { guard: capacity?.supplies ?? [], budget: limits });
  return verdicts;
}

function grows({ plan, view }: Sharer): boolean {
  return plan.size > view.size;
}

function judge(
  { plan, view, terms, emergency }: Sharer,
  guard: ResourceGuard,
  capacity: ResourceCapacity,
): Verdict {
  try {
    const feasibility = feasible(plan, view, guard, capacity, terms, emergency);
    return feasibility === undefined ? NO_QUESTION : { feasibility };
  } catch (error) {
    const failure = `the resource guard failed: ${messageOf(error)}`;
    adjust(plan, 'feasible', 'resources', view.size, `${failure}: no growth`);
    return { failure };
  }
}
