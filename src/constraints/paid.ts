import { workers } from '../core/format.ts';
import { adjust, type Plan } from '../core/plan.ts';
import type { PoolView } from '../core/view.ts';

/**
 * Keeps workers whose time is paid already, where a period begun is paid in full: they cost no more than if they went,
 * and may be needed again. `releasable` is how many may leave without a loss (`SpendMeter.releasable`).
 */
export function paid(plan: Plan, view: PoolView, releasable: number): void {
  const least = view.size - releasable;
  if (plan.size >= Math.min(least, view.size)) return;
  const more = workers(least - plan.size);
  adjust(plan, 'hold', 'paid', least, `${more} more could go, but their time is paid for`);
}
