import type { PoolId } from './observation.ts';

export type SignalType = 'load-spike' | 'rate-limit' | 'error-rate' | 'external' | 'cost-threshold';

/** What every signal may carry. */
export interface SignalCommon {
  /** Absent = all pools. */
  readonly pool?: PoolId;
  /** Tells several signals of one type apart; a signal replaces the one before it of its type and name. */
  readonly name?: string;
  /** How long it lasts unless it is raised again, ms. Defaults: see `SignalOptions`. */
  readonly durationMs?: number;
  /** For people; default: a sentence made of the figures. */
  readonly reason?: string;
}

/** Load jumps, or is about to. */
export interface LoadSpikeSignal extends SignalCommon {
  readonly type: 'load-spike';
  /** How strong, 0..1. Without `expectedDemand` demand is expected to rise by this share. */
  readonly magnitude: number;
  /** Demand to expect, in busy-worker equivalents; of all pools together where `pool` is absent. */
  readonly expectedDemand?: number;
  /** Default: `magnitude` is above 0.8. */
  readonly emergency?: boolean;
}

/** An upstream's rate limit comes near. `current` and `limit` in any one unit. */
export interface RateLimitSignal extends SignalCommon {
  readonly type: 'rate-limit';
  readonly current: number;
  readonly limit: number;
}

/** Jobs fail more than they should: something that the workers depend on is in trouble. */
export interface ErrorRateSignal extends SignalCommon {
  readonly type: 'error-rate';
  /** Failed share of the jobs, 0..1. */
  readonly errorRatio: number;
}

/** Something outside happens that brings load: a campaign, a batch, a failover. */
export interface ExternalSignal extends SignalCommon {
  readonly type: 'external';
  /** Demand to expect, in busy-worker equivalents; of all pools together where `pool` is absent. */
  readonly expectedDemand: number;
  /** Default `false`. */
  readonly emergency?: boolean;
}

/** More is spent than should be. Money in the currency of the pools' prices. */
export interface CostThresholdSignal extends SignalCommon {
  readonly type: 'cost-threshold';
  /** What is spent per hour. */
  readonly costPerHour: number;
  /** What may be spent per hour; less than `costPerHour`. */
  readonly maxCostPerHour: number;
}

/** What a host, a webhook or a detector raises. */
export type Signal =
  | LoadSpikeSignal
  | RateLimitSignal
  | ErrorRateSignal
  | ExternalSignal
  | CostThresholdSignal;

/** A signal that is in force: raised by the host or by a detector, and not expired. */
export interface ActiveSignal {
  readonly type: SignalType;
  /** Absent = all pools. */
  readonly pool?: PoolId;
  readonly name?: string;
  /** How strong, 0..1. */
  readonly magnitude: number;
  /** Epoch ms. */
  readonly raisedAt: number;
  readonly expiresAt: number;
  readonly emergency: boolean;
  /** Demand to expect, in busy-worker equivalents, where the source knows it. */
  readonly expectedDemand?: number;
  /** Most workers allowed while it lasts, where the source knows it. */
  readonly ceiling?: number;
  readonly reason: string;
}

/** How fast the host should go on, so that an upstream's rate limit is not hit. */
export interface ThrottleAdvice {
  readonly pool: PoolId;
  /** Epoch ms. */
  readonly at: number;
  /** In the unit in which the limit was reported. */
  readonly current: number;
  readonly limit: number;
  /** The rate to keep to, in the same unit. */
  readonly keep: number;
  /** The rate to keep to as a share of the current one, 0..1. */
  readonly keepRatio: number;
  readonly reason: string;
}
