import { adjust, type Plan } from '../core/plan.ts';
import type { PoolView } from '../core/view.ts';
import type { PaceRules, StepLimit } from '../policies/policy.ts';

/** Limits how much a size may change within a period, up and down apart. */
export function pace(plan: Plan, view: PoolView, rules: PaceRules): void {
  const { size } = view;
  const { addedInPeriod, removedInPeriod } = view.pace;
  if (rules.up !== undefined && plan.size > size) {
    const left = Math.max(0, largestStep(rules.up, size - addedInPeriod) - addedInPeriod);
    if (plan.size - size > left) {
      adjust(plan, 'pace', 'step-limited', size + left, limited('up', rules.up, left, addedInPeriod));
    }
  } else if (rules.down !== undefined && plan.size < size) {
    const left = Math.max(0, largestStep(rules.down, size + removedInPeriod) - removedInPeriod);
    if (size - plan.size > left) {
      adjust(plan, 'pace', 'step-limited', size - left, limited('down', rules.down, left, removedInPeriod));
    }
  }
}

/** Workers that one period allows, for the size at its begin; at least 1, so that a small pool can move at all. */
function largestStep(limit: StepLimit, base: number): number {
  if (limit.workers === undefined && limit.ratio === undefined) return Number.POSITIVE_INFINITY;
  const byRatio = limit.ratio === undefined ? 0 : Math.floor(limit.ratio * Math.max(0, base));
  return Math.max(1, limit.workers ?? 0, byRatio);
}

function limited(direction: 'up' | 'down', limit: StepLimit, left: number, used: number): string {
  return `pace allows ${left} more ${direction} in ${limit.periodMs / 1000} s, ${used} of them used`;
}
