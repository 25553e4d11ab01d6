import type { Proposal } from '../core/decision.ts';
import type { PoolView } from '../core/view.ts';
import type { Weights } from './adaptive-size.ts';

/**
 * One rule that has an opinion about a pool's size. Pure: the same view gives the same proposal, so a policy is
 * tested by calling it.
 */
export interface Policy {
  readonly name: string;
  /** `undefined` = no opinion. */
  propose(view: PoolView): Proposal | undefined;
}

/** Combines the voices of several policies into one proposal. Pure and usable alone. */
export interface PolicyEngine {
  propose(view: PoolView): Proposal;
}

/** The largest step within a period. Absent fields do not limit. */
export interface StepLimit {
  /** Workers per period. With `ratio`, the larger of both counts. */
  readonly workers?: number;
  /** Share of the size at the period's begin, 1 = may double. */
  readonly ratio?: number;
  readonly periodMs: number;
}

/** Largest step per period, up and down apart. */
export interface PaceRules {
  readonly up?: StepLimit;
  readonly down?: StepLimit;
}

/** When a wanted change is not carried out yet. All durations in ms, 0 = off. */
export interface HoldRules {
  /** Changes up of less than this share of the size are not worth it. 0..1. */
  readonly upToleranceRatio: number;
  /** The same for changes down. */
  readonly downToleranceRatio: number;
  /** No scale-up before this time has passed since the last scale-up. */
  readonly upCooldownMs: number;
  /** No scale-down before this time has passed since the last change, in either direction. */
  readonly downCooldownMs: number;
  /** Up only to the lowest size wanted during this window. */
  readonly upStabilizationMs: number;
  /** Down only to the highest size wanted during this window. */
  readonly downStabilizationMs: number;
  /** Reversals of direction allowed per hour; scale-downs are damped as it is spent. */
  readonly reversalsPerHour: number;
}

/** What a pool does when it saturates. */
export interface EmergencyRules {
  /** Demand over size at and above which an emergency begins, e.g. 0.95. */
  readonly threshold: number;
  /** Most workers that one emergency adds. */
  readonly maxWorkers: number;
  /** Deadline of an emergency start, ms. */
  readonly startTimeoutMs: number;
}

/** A pool's whole policy: the rules that propose, and how fast and how often their wish is followed. */
export interface ScalingPolicy {
  readonly name: string;
  readonly engine: PolicyEngine;
  readonly pace: PaceRules;
  readonly hold: HoldRules;
  readonly emergency?: EmergencyRules;
  /** Forecasts are made and may raise the floor. */
  readonly predictive: boolean;
  /** Headrooms are rehearsed on the pool's load, weighed so. */
  readonly rehearsal?: Weights;
}
