import type { Proposal } from '../../core/decision.ts';
import { followAtOnce } from '../../policies/follow-at-once.ts';
import type { PolicyEngine, ScalingPolicy } from '../../policies/policy.ts';
import type { Workload } from '../workload.ts';

/** What an autoscaler of this folder may be told about its run beyond what a view tells. Only the three that know
 * the load in advance (static peak, static mean, oracle) look at it. */
export interface ReferenceContext {
  /** In busy-worker equivalents. */
  readonly workload: Workload;
  readonly durationMs: number;
  /** Wall time of the workload's beginning, epoch ms. */
  readonly startAt: number;
  /** Time from ordering a worker until it serves, ms. */
  readonly startupMs: number;
  readonly intervalMs: number;
  /** Workers that the workload's peak needs. */
  readonly peakWorkers: number;
}

/** The one number by which an autoscaler is made generous or stingy, so that a comparison is a curve. */
export interface Headroom {
  /** `utilization`: share of the workers that shall be busy. `factor`: workers per busy worker. */
  readonly kind: 'utilization' | 'factor';
  /** The published default. */
  readonly default: number;
  /** Values that span the useful range, the default among them. */
  readonly curve: readonly number[];
}

/** An autoscaler that others are measured against, written from its published description. */
export interface ReferenceAutoscaler {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Where it is described. */
  readonly source: string;
  readonly headroom: Headroom;
  /** A new engine with its own memory. */
  create(headroom: number, context: ReferenceContext): PolicyEngine;
}

/** Lets a reference run through the same controller as everything else. */
export function referencePolicy(
  reference: ReferenceAutoscaler,
  context: ReferenceContext,
  headroom: number = reference.headroom.default,
): ScalingPolicy {
  return {
    name: reference.name,
    engine: reference.create(headroom, context),
    pace: {},
    hold: followAtOnce,
    predictive: false,
  };
}

export function target(size: number, reason: string): Proposal {
  return { kind: 'target', size: Math.max(0, Math.ceil(size - 1e-9)), reason };
}
