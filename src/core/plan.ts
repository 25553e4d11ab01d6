import type { Adjustment, AdjustmentCode, Decision, Proposal, Trigger, Voice } from './decision.ts';
import type { Infeasible } from './resources.ts';
import type { PoolView } from './view.ts';

/** A decision in the making: the size so far and every step that led to it. */
export interface Plan {
  size: number;
  adjustments: Adjustment[];
}

const NONE: readonly Voice[] = [];

export function beginPlan(proposal: Proposal): Plan {
  return { size: Math.max(0, Math.ceil(proposal.size)), adjustments: [] };
}

/** Moves the plan to another size and leaves the trace of it. A no-op when the size stays. */
export function adjust(plan: Plan, by: string, code: AdjustmentCode, to: number, reason: string): void {
  if (to === plan.size) return;
  plan.adjustments.push({ by, code, from: plan.size, to, reason });
  plan.size = to;
}

/** The finished decision. */
export function conclude(
  plan: Plan,
  view: PoolView,
  proposal: Proposal,
  trigger: Trigger,
  infeasible?: Infeasible,
): Decision {
  const from = view.size;
  const to = plan.size;
  const wanted = Math.max(0, Math.ceil(proposal.size));
  const last = plan.adjustments[plan.adjustments.length - 1];
  return {
    pool: view.pool,
    at: view.now,
    kind: to > from ? 'scale-up' : to < from ? 'scale-down' : 'hold',
    from,
    to,
    wanted,
    voices: proposal.voices ?? NONE,
    ...(proposal.refused !== undefined && { refused: proposal.refused }),
    adjustments: plan.adjustments,
    reason: last === undefined ? proposal.reason : `${proposal.reason}; ${last.reason}`,
    emergency: proposal.emergency === true,
    trigger,
    ...(infeasible !== undefined && { infeasible }),
  };
}
