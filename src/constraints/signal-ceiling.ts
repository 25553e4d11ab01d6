import { workers } from '../core/format.ts';
import { adjust, type Plan } from '../core/plan.ts';
import type { ActiveSignal } from '../core/signal.ts';
import type { PoolView } from '../core/view.ts';

/**
 * Carries out the lowest ceiling of the signals in force at once. The policies' engine hears it too, but pace and hold
 * may delay what it proposes, and an upstream's rate limit does not wait for a cooldown. In an emergency it stops growth
 * only; a pool that is not seen in full is not cut.
 */
export function signalCeiling(plan: Plan, view: PoolView, emergency: boolean): void {
  let lowest: (ActiveSignal & { readonly ceiling: number }) | undefined;
  for (const signal of view.signals) {
    const { ceiling } = signal;
    if (ceiling === undefined || signal.expiresAt <= view.now) continue;
    if (lowest === undefined || ceiling < lowest.ceiling) lowest = { ...signal, ceiling };
  }
  if (lowest === undefined) return;
  const most = Math.max(0, Math.floor(lowest.ceiling));
  const to = emergency || view.quality !== 'full' ? Math.max(most, view.size) : most;
  if (plan.size <= to) return;
  const { type, reason } = lowest;
  const code = type === 'rate-limit' || type === 'error-rate' ? type : 'budget';
  adjust(plan, 'signals', code, to, `${reason}; at most ${workers(most)} while it lasts`);
}
