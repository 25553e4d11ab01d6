import type { PoolId } from './observation.ts';
import type { Infeasible } from './resources.ts';

/** `target`: what the load needs. `floor`: at least. `ceiling`: at most. */
export type ProposalKind = 'target' | 'floor' | 'ceiling';

/** What one policy wants. */
export interface Proposal {
  readonly kind: ProposalKind;
  /** Workers; a policy may propose a fraction, the engine rounds up (a ceiling down). */
  readonly size: number;
  /** A sentence with the figures. */
  readonly reason: string;
  /** Set by policies that declare an emergency: skips pace and hold, grows only. */
  readonly emergency?: boolean;
  /** Set on a ceiling that gives way to an emergency: it does not count while one is declared. */
  readonly yields?: boolean;
  /** 0..1, where the policy has a measure of it. */
  readonly confidence?: number;
  /** Every policy that spoke, losers included; set by engines. */
  readonly voices?: readonly Voice[];
  /** Policies that could not be heard; set by engines, absent when there were none. */
  readonly refused?: readonly Refusal[];
  /** The part of the size that the emergency itself asks for; set by engines together with `emergency`. */
  readonly emergencySize?: number;
}

/** A policy whose opinion was not used: it threw, or it proposed no sensible number of workers. */
export interface Refusal {
  /** The policy's name. */
  readonly by: string;
  readonly reason: string;
}

/** One policy's proposal, as it is kept in the decision. */
export interface Voice {
  /** The policy's name. */
  readonly by: string;
  readonly kind: ProposalKind;
  readonly size: number;
  readonly reason: string;
  /** It shaped the result. */
  readonly won: boolean;
  readonly emergency?: boolean;
  readonly yields?: boolean;
  readonly confidence?: number;
}

/** Where a size was changed on its way from the proposal to the decision. */
export type AdjustmentCode =
  | 'step-limited'
  | 'within-tolerance'
  | 'cooldown'
  | 'stabilizing'
  | 'flap-damped'
  | 'unobserved'
  | 'partial-reading'
  | 'ineffective'
  | 'emergency-growth'
  | 'emergency-hold'
  | 'min-workers'
  | 'max-workers'
  | 'resources'
  | 'budget'
  | 'outage-growth'
  | 'paid'
  | 'rate-limit'
  | 'error-rate';

/** One step of the waterfall from what is wanted to what is done. */
export interface Adjustment {
  /** The constraint's name: pace, hold, bounds, feasible, budget. */
  readonly by: string;
  readonly code: AdjustmentCode;
  readonly from: number;
  readonly to: number;
  /** A sentence with the figures. */
  readonly reason: string;
}

/** What led to the evaluation. */
export type Trigger = 'interval' | 'signal' | 'wake' | 'manual';

export type DecisionKind = 'scale-up' | 'scale-down' | 'hold';

/** What is done about one pool, and why. Plain JSON; reads from top to bottom like a waterfall. */
export interface Decision {
  readonly pool: PoolId;
  /** Epoch ms. */
  readonly at: number;
  readonly kind: DecisionKind;
  /** Size before: ready and starting workers. */
  readonly from: number;
  /** Size after. */
  readonly to: number;
  /** What the policies wanted before any constraint. */
  readonly wanted: number;
  readonly voices: readonly Voice[];
  /** Policies that could not be heard in this tick. */
  readonly refused?: readonly Refusal[];
  readonly adjustments: readonly Adjustment[];
  /** The whole decision in one sentence. */
  readonly reason: string;
  readonly emergency: boolean;
  readonly trigger: Trigger;
  /** Why what was wanted does not fit, and what does; absent where it fits or nothing was judged. */
  readonly infeasible?: Infeasible;
}
