import { bounds } from './constraints/bounds.ts';
import { emergency } from './constraints/emergency.ts';
import { hold } from './constraints/hold.ts';
import { pace } from './constraints/pace.ts';
import { paid } from './constraints/paid.ts';
import { type Shared, shareOut, type Verdict } from './constraints/share-out.ts';
import { signalCeiling } from './constraints/signal-ceiling.ts';
import type { Decision, Proposal, Trigger } from './core/decision.ts';
import { MOST_WORKERS } from './core/observation.ts';
import { beginPlan, conclude, type Plan } from './core/plan.ts';
import type { PoolTerms } from './core/resources.ts';
import type { PoolView } from './core/view.ts';
import { messageOf } from './errors.ts';
import type { ScalingPolicy } from './policies/policy.ts';

/** One pool's part of a tick: what was seen, and the rules that hold. */
export interface DecideInput {
  readonly view: PoolView;
  readonly policy: ScalingPolicy;
  readonly trigger: Trigger;
  /** Decided on, but not carried out while the others are: it takes nothing from what all pools share. */
  readonly apart?: boolean;
}

/** One pool on its way: what is wanted, and what is left of it so far. */
interface Draft extends DecideInput {
  readonly proposal: Proposal;
  readonly plan: Plan;
}

const NOTHING_SHARED: Shared = { budget: [] };
const NO_TERMS: PoolTerms = {};

/**
 * From what was seen to what to do and why, for all pools at once. Pure: the same input gives the same decisions,
 * so a recorded tick can be replayed, and a policy tested, without a pool, a clock or a wait.
 *
 * @param shared what the pools share; default: nothing, so that each is decided on its own
 */
export function decide(inputs: readonly DecideInput[], shared: Shared = NOTHING_SHARED): Decision[] {
  const drafts = inputs.map(draft);
  const verdicts =
    shared.budget.length > 0 || shared.capacity !== undefined ? share(drafts, shared) : undefined;
  return drafts.map(({ plan, view, proposal, trigger }, index) => {
    const feasibility = verdicts?.[index]?.feasibility;
    const infeasible = feasibility?.feasible === false ? feasibility : undefined;
    return conclude(plan, view, proposal, trigger, infeasible);
  });
}

function draft(input: DecideInput): Draft {
  const { view, policy } = input;
  const proposal = propose(view, policy);
  const plan = beginPlan(proposal);
  constrain(plan, view, policy, proposal);
  return { ...input, proposal, plan };
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

/**
 * Trims a size, in one fixed order; what the pools share comes after this. What an emergency asks for skips pace and
 * hold, never what follows.
 */
function constrain(plan: Plan, view: PoolView, policy: ScalingPolicy, proposal: Proposal): void {
  const urgent = proposal.emergency === true;
  pace(plan, view, policy.pace);
  hold(plan, view, policy.hold);
  if (view.terms?.releasable !== undefined) paid(plan, view, view.terms.releasable);
  if (urgent) emergency(plan, view, proposal);
  if (view.signals.length > 0) signalCeiling(plan, view, urgent);
  bounds(plan, view);
}

/** The last two constraints: resources and budget, over all pools. */
function share(drafts: readonly Draft[], shared: Shared): Verdict[] {
  const sharers = drafts.map(({ view, plan, proposal, apart }) => ({
    plan: apart === true ? { size: view.size, adjustments: [] } : plan,
    view,
    terms: view.terms ?? NO_TERMS,
    emergency: proposal.emergency === true,
  }));
  return shareOut(sharers, shared);
}
