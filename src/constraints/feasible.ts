import type { ResourceUsage } from '../core/observation.ts';
import { adjust, type Plan } from '../core/plan.ts';
import type { Feasibility, ResourceCapacity, ResourceGuard } from '../core/resources.ts';
import type { PoolView } from '../core/view.ts';

/** What the guard has to know of a pool. */
export interface FeasibleTerms {
  readonly needs?: ResourceUsage;
  /** What optimising the present workers is expected to win, 0..1. */
  readonly expectedGainRatio?: number;
}

/**
 * Cuts a growth to what the guard lets pass, as if the pool were the only one to grow; what the pools take together is
 * cut by `budget`. A size that shrinks or stays always passes. `capacity` comes from `account`.
 *
 * Gives the guard's answer where there was a question. When its alternative is to optimise, that is for the caller to
 * carry out. What the guard's `judge` throws is thrown on: the pool then must not grow.
 */
export function feasible(
  plan: Plan,
  view: PoolView,
  guard: ResourceGuard,
  capacity: ResourceCapacity,
  { needs = {}, expectedGainRatio }: FeasibleTerms,
  emergency: boolean,
): Feasibility | undefined {
  const { size } = view;
  if (plan.size <= size) return undefined;
  const answer = guard.judge(
    {
      pool: view.pool,
      from: size,
      to: plan.size,
      needs,
      emergency,
      ...(expectedGainRatio !== undefined && { expectedGainRatio }),
    },
    capacity,
  );
  if (!answer.feasible) {
    const { alternative, reason } = answer;
    const fits = alternative.kind === 'fewer' ? Math.floor(alternative.to) : size;
    // A guard of the host's may answer anything; between the present size and the wish is what it may choose.
    adjust(plan, 'feasible', 'resources', Math.max(size, Math.min(plan.size, fits || size)), reason);
  }
  return answer;
}
