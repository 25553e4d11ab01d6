import type { Proposal } from '../core/decision.ts';
import { adjust, type Plan } from '../core/plan.ts';
import type { PoolView } from '../core/view.ts';

/**
 * While an emergency lasts, a size only grows, and what the emergency asks for waits for neither pace nor cooldown.
 * Bounds, resources and budget come after this, and hold for an emergency as well.
 */
export function emergency(plan: Plan, view: PoolView, proposal: Proposal): void {
  const urgent = proposal.emergencySize ?? Math.ceil(proposal.size);
  if (urgent > plan.size && urgent > view.size) {
    adjust(
      plan,
      'emergency',
      'emergency-growth',
      urgent,
      `the emergency does not wait: ${urgent} workers now`,
    );
  } else if (plan.size < view.size) {
    const reason = `sizes only grow while an emergency lasts: ${view.size} stay`;
    adjust(plan, 'emergency', 'emergency-hold', view.size, reason);
  }
}
