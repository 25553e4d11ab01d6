import { adjust, type Plan } from '../core/plan.ts';
import type { PoolView } from '../core/view.ts';

/**
 * Keeps the size within the pool's own limits, and says what the limit cost. A pool that is not seen in full is
 * not cut, and one that was never seen is left alone.
 */
export function bounds(plan: Plan, view: PoolView): void {
  if (view.quality === 'none') return;
  const most = view.quality === 'full' ? view.maxWorkers : Math.max(view.maxWorkers, view.size);
  if (plan.size < view.minWorkers) {
    const reason = `minWorkers keeps ${view.minWorkers}; without it this would be ${plan.size}`;
    adjust(plan, 'bounds', 'min-workers', view.minWorkers, reason);
  } else if (plan.size > most) {
    const reason = `maxWorkers allows ${most}; with maxWorkers ${plan.size} this would be ${plan.size}`;
    adjust(plan, 'bounds', 'max-workers', most, reason);
  }
}
