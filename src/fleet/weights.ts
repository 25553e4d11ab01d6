import type { PoolId } from '../core/observation.ts';
import type { PoolView } from '../core/view.ts';

/** A pool unseen for this many intervals is no longer sent its full part. */
const STALE_INTERVALS = 4;

/**
 * How a router should divide jobs that any of these pools can do: weights that add up to 1, by what each pool can serve,
 * i.e. ready workers × slots ÷ service time, less the part of its jobs that fails. By capacity and not by what idles at
 * the moment: all would run to the idle pool at once, and back.
 *
 * A pool that was not observed lately counts half; one without ready workers, 0. Where no pool has any, all are equal.
 */
export function weights(views: readonly PoolView[]): ReadonlyMap<PoolId, number> {
  const timed = views.every(({ flow }) => (flow.serviceTimeMs ?? 0) > 0);
  const capacities = views.map((view) => capacity(view, timed));
  const total = capacities.reduce((sum, one) => sum + one, 0);
  return new Map(
    views.map(({ pool }, i) => [pool, total > 0 ? (capacities[i] as number) / total : 1 / views.length]),
  );
}

function capacity({ ready, slotsPerWorker, flow, ageMs, intervalMs }: PoolView, timed: boolean): number {
  const served = (ready * slotsPerWorker) / (timed ? (flow.serviceTimeMs as number) : 1);
  const healthy = 1 - Math.min(1, flow.errorRatio ?? 0);
  return served * healthy * (ageMs > STALE_INTERVALS * intervalMs ? 0.5 : 1);
}
