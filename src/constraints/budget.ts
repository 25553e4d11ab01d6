import { adjust, type Plan } from '../core/plan.ts';
import { amount, needOf, quantity, type Supply } from '../core/resources.ts';
import { type Allotment, allot } from './allot.ts';
import type { Claim } from './claim.ts';

/** What all pools share. */
export interface SharedSupplies {
  /** What the guard sensed, as it sensed it. */
  readonly guard: readonly Supply[];
  /** What the budget allows. */
  readonly budget: readonly Supply[];
}

/**
 * Shares the guard's capacity and the budget out among the pools (see `allot` for the order) and cuts every plan to its
 * pool's part. `claims[i]` belongs to `plans[i]`. The last constraint: what comes out of it is never exceeded.
 */
export function budget(plans: readonly Plan[], claims: readonly Claim[], shared: SharedSupplies): void {
  const supplies = [...shared.budget, ...shared.guard];
  if (supplies.length === 0) return;
  const allotments = allot(claims, supplies);
  for (const [index, allotment] of allotments.entries()) {
    const plan = plans[index] as Plan;
    if (allotment.size >= plan.size) continue;
    const { refusedBy } = allotment;
    const code = refusedBy !== undefined && shared.budget.includes(refusedBy) ? 'budget' : 'resources';
    adjust(plan, 'budget', code, allotment.size, explain(claims[index] as Claim, allotment));
  }
}

function explain(
  { current, wanted, needs, costPerHour }: Claim,
  { size, refusedBy, pressure }: Allotment,
): string {
  if (pressure !== undefined) {
    return `${pressure}: ${size < current ? 'workers leave before the kernel ends them' : 'no growth'}`;
  }
  if (refusedBy === undefined) return 'nothing is left for more';
  const { resource, total, by } = refusedBy;
  const limit = `${amount(resource, total)} in all (${by})`;
  if (size < current) {
    return `${limit}: ${Math.min(current, wanted) - size} workers are called back for pools that come first`;
  }
  const each =
    resource === 'workers' ? '' : ` at ${quantity(resource, needOf(resource, needs, costPerHour))} each`;
  return `${size - current} of ${wanted - current} more fit${each}: ${limit}, shared by all pools`;
}
