import type { Trigger } from '../core/decision.ts';
import type { PoolId } from '../core/observation.ts';
import type { PoolView } from '../core/view.ts';
import type { DecideInput } from '../decide.ts';
import { type Candidate, candidateOf } from '../fleet/coordinate.ts';
import type { ManagedPool } from './managed-pool.ts';

/** Observes all pools side by side; synchronous adapters cost no promise. */
export async function observeAll(pools: readonly ManagedPool[]): Promise<void> {
  const pending: Promise<void>[] = [];
  for (const pool of pools) {
    const observing = pool.observe();
    if (observing !== undefined) pending.push(observing);
  }
  if (pending.length > 0) await Promise.all(pending);
}

/** Monotonic ms at which the first deadline or retry of any pool is due; infinite when there is none. */
export function earliestDeadline(pools: Iterable<ManagedPool>): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const pool of pools) earliest = Math.min(earliest, pool.actuator.nextDeadline() ?? earliest);
  return earliest;
}

/** The pools that were seen, as candidates for a demand. */
export function candidates(
  pools: Iterable<ManagedPool>,
  specialization: Readonly<Record<PoolId, number>>,
): Candidate[] {
  return [...pools].flatMap(({ id, view, options: { price } }) => {
    if (view === undefined) return [];
    const suits = specialization[id];
    return candidateOf(view, {
      ...(suits !== undefined && { specialization: suits }),
      ...(view.terms?.needs !== undefined && { needs: view.terms.needs }),
      ...(price !== undefined && { costPerHour: price.perWorkerHour }),
    });
  });
}

/**
 * What `decide` looks at. A pool that does not act while others do stands apart, but for the one that is asked about.
 * Where none acts, all take part: a dry run of the whole.
 */
export function inputsOf(
  pools: readonly ManagedPool[],
  trigger: Trigger,
  look: (pool: ManagedPool) => PoolView,
  asked?: ManagedPool,
): (DecideInput & { readonly apart: boolean })[] {
  const someAct = pools.some(({ acts }) => acts);
  return pools.map((pool) => ({
    view: look(pool),
    policy: pool.policy,
    trigger,
    apart: someAct && !pool.acts && pool !== asked,
  }));
}
