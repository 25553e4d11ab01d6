import type { EmergencyRules } from './policy.ts';

/** Templates that keep demand over size between two thresholds. */
export type TemplateName = 'conservative' | 'aggressive' | 'cost-optimized' | 'high-performance';

/** What a template fixes. The fields are those of `PolicyOptions`. */
export interface Template {
  readonly scaleUpThreshold: number;
  readonly scaleDownThreshold: number;
  readonly scaleUpCooldownMs: number;
  readonly scaleDownCooldownMs: number;
  readonly scalingIncrement: number;
  readonly predictive: boolean;
  readonly costOptimization: boolean;
  readonly emergency: EmergencyRules | false;
  /** Largest share of the pool that leaves within one down cooldown (`scalingIncrement` workers may always). */
  readonly downStepRatio: number;
  /** The down stabilisation window as a multiple of the down cooldown: a size leaves when not needed for that long. */
  readonly downStabilizationFactor: number;
  /** Changes of direction an hour. */
  readonly reversalsPerHour: number;
}

const SECOND = 1000;

/** The named templates. */
export const templates: Readonly<Record<TemplateName, Template>> = {
  /** Moves seldom and by measured load only. For steady load, and for workers that are dear to start and stop. */
  conservative: {
    scaleUpThreshold: 0.8,
    scaleDownThreshold: 0.3,
    scaleUpCooldownMs: 300 * SECOND,
    scaleDownCooldownMs: 600 * SECOND,
    scalingIncrement: 1,
    predictive: false,
    costOptimization: false,
    emergency: false,
    downStepRatio: 0.25,
    downStabilizationFactor: 1,
    reversalsPerHour: 4,
  },
  /** Follows load quickly, in both directions. For load that varies a lot and workers that start fast. */
  aggressive: {
    scaleUpThreshold: 0.6,
    scaleDownThreshold: 0.2,
    scaleUpCooldownMs: 60 * SECOND,
    scaleDownCooldownMs: 180 * SECOND,
    scalingIncrement: 2,
    predictive: true,
    costOptimization: false,
    emergency: false,
    downStepRatio: 0.5,
    downStabilizationFactor: 1,
    reversalsPerHour: 6,
  },
  /** Runs full and lets idle workers go although load is between the thresholds. For work that can wait a little. */
  'cost-optimized': {
    scaleUpThreshold: 0.9,
    scaleDownThreshold: 0.1,
    scaleUpCooldownMs: 180 * SECOND,
    scaleDownCooldownMs: 300 * SECOND,
    scalingIncrement: 1,
    predictive: true,
    costOptimization: true,
    emergency: false,
    downStepRatio: 0.5,
    downStabilizationFactor: 0.2,
    reversalsPerHour: 6,
  },
  /**
   * Keeps at least as many workers free as are busy, meets saturation at once, and lets go of what was not needed
   * for 10 min only. For work that must not wait. Predictive: a forecast only raises the floor, so it may cost
   * worker-hours, never a late job.
   */
  'high-performance': {
    scaleUpThreshold: 0.5,
    scaleDownThreshold: 0.4,
    scaleUpCooldownMs: 30 * SECOND,
    scaleDownCooldownMs: 120 * SECOND,
    scalingIncrement: 3,
    predictive: true,
    costOptimization: false,
    emergency: { threshold: 0.95, maxWorkers: 10, startTimeoutMs: 15 * SECOND },
    downStepRatio: 0.25,
    downStabilizationFactor: 5,
    reversalsPerHour: 6,
  },
};
