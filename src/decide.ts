import { bounds } from './constraints/bounds.ts';
import { emergency } from './constraints/emergency.ts';
import { hold } from './constraints/hold.ts';
import { pace } from './constraints/pace.ts';
import type { Decision, Proposal, Trigger } from './core/decision.ts';
import { MOST_WORKERS } from './core/observation.ts';
import { beginPlan, conclude, type Plan } from './core/plan.ts';
import type { PoolView } from './core/view.ts';
import { messageOf } from './errors.ts';
import type { ScalingPolicy } from './policies/policy.ts';

/** One pool's part of a tick: what was seen, and the rules that hold. */
export interface DecideInput {
  readonly view: PoolView;
  readonly policy: ScalingPolicy;
  readonly trigger: Trigger;
}

/**
 * From what was seen to what to do and why, for all pools at once. Pure: the same input gives the same decisions,
 * so a recorded tick can be replayed, and a policy tested, without a pool, a clock or a wait.
 */
export function decide(inputs: readonly DecideInput[]): Decision[] {
  return inputs.map(decidePool);
}

function decidePool({ view, policy, trigger }: DecideInput): Decision {
  const proposal = propose(view, policy);
  const plan = beginPlan(proposal);
  constrain(plan, view, policy, proposal);
  return conclude(plan, view, proposal, trigger);
}

/** Asks the engine. One that fails, or gives no sensible size, leaves the pool as it is. */
function propose(view: PoolView, policy: ScalingPolicy): Proposal {
  let failure: string;
  try {
    const proposal = policy.engine.propose(view);
    if (proposal.size >= 0 && proposal.size <= MOST_WORKERS) return proposal;
    failure = `proposed ${proposal.size} workers`;
  } catch (error) {
    failure = `threw: ${messageOf(error)}`;
  }
  const refused = [{ by: policy.name, reason: failure }];
  return { kind: 'target', size: view.size, reason: `${policy.name} ${failure}: ${view.size} stay`, refused };
}

/** Trims a size, in one fixed order. What an emergency asks for skips pace and hold, never what follows. */
function constrain(plan: Plan, view: PoolView, policy: ScalingPolicy, proposal: Proposal): void {
  pace(plan, view, policy.pace);
  hold(plan, view, policy.hold);
  if (proposal.emergency === true) emergency(plan, view, proposal);
  bounds(plan, view);
}
