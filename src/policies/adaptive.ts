import type { Proposal } from '../core/decision.ts';
import type { PoolView } from '../core/view.ts';
import type { HoldRules, PaceRules, Policy } from './policy.ts';

export interface AdaptiveOptions {
  /** How many idle workers one late worker's worth of work weighs up. Default 12. */
  readonly latenessWeight?: number;
  /** Longest acceptable wait, ms. Default 2,000. */
  readonly waitMs?: number;
}

/** Least, aimed at, and most headroom before workers go, in square roots of the demand. */
const LEAST_HEADROOM = 0.3;
const HEADROOM = 0.8;
const IDLE_BAND = 0.8;
/** Share of the economic drain rate that is ordered: the backlog is only an estimate. */
const DRAIN_SHARE = 0.7;

/** Reversals an hour; a scale-down needs room for itself and for the scale-up that may follow. */
const REVERSALS_PER_HOUR = 6;

export const adaptiveRules: { readonly pace: PaceRules; readonly hold: HoldRules } = {
  pace: {},
  hold: {
    upToleranceRatio: 0,
    downToleranceRatio: 0,
    upCooldownMs: 0,
    downCooldownMs: 0,
    upStabilizationMs: 0,
    downStabilizationMs: 0,
    reversalsPerHour: REVERSALS_PER_HOUR,
  },
};

/**
 * The target of the default policy: measured demand, the headroom that its variability needs, and what drains the
 * backlog that will stand when ordered workers arrive. Pure, no tuning.
 */
export function adaptive(options: AdaptiveOptions = {}): Policy {
  const weight = options.latenessWeight ?? 12;
  const waitMs = options.waitMs ?? 2_000;
  return {
    name: 'adaptive',
    propose(view): Proposal {
      const { demand, size } = view;
      const level = demand.fast;
      const root = Math.sqrt(Math.max(1, level));
      const wanted = Math.ceil(level + HEADROOM * root);
      const drain = drainSize(view, weight, waitMs);
      if (drain > Math.max(size, wanted)) {
        return propose(drain, `${demand.backlogSeconds.toFixed(0)} s of work will wait: ${drain} workers drain it`);
      }
      if (size < level + LEAST_HEADROOM * root) {
        return propose(wanted, `demand ${level.toFixed(1)} and headroom need ${wanted} workers`);
      }
      const peak = demand.recentPeak;
      const peakRoot = Math.sqrt(Math.max(1, peak));
      const idle = Math.ceil(peak + HEADROOM * peakRoot);
      const rests = size > peak + (HEADROOM + IDLE_BAND) * peakRoot && idle < size;
      if (rests && drain === 0 && mayShrink(view)) {
        return propose(idle, `demand was at most ${peak.toFixed(1)} over a start-up time: ${idle} workers suffice`);
      }
      return propose(size, `demand ${level.toFixed(1)} is served well by ${size} workers`);
    },
  };
}

/**
 * Workers that clear the backlog at the least cost. A backlog of Q worker-seconds makes all new work late until it
 * is gone; k workers beyond the demand L clear it in Q/k seconds and cost their start-up B: minimise
 * k·B + w·L·Q/k, so k = √(w·L·Q/B). With L = 40, Q = 600, B = 120, w = 12: 49 extra workers clear it in 12 s.
 * 0 = the backlog is within the promised wait.
 */
function drainSize(view: PoolView, weight: number, waitMs: number): number {
  const { demand, ready, startup } = view;
  if (demand.backlogSeconds * 1_000 <= Math.max(1, ready) * waitMs * 0.5) return 0;
  const startSeconds = Math.max(1, startup.p50Ms / 1_000);
  const standing = Math.max(0, demand.backlogSeconds + (demand.fast - ready) * startSeconds);
  const extra = Math.sqrt((weight * Math.max(1, demand.fast) * standing) / startSeconds);
  return Math.ceil(demand.fast + DRAIN_SHARE * extra);
}

function mayShrink(view: PoolView): boolean {
  return view.pace.lastDirection !== 'up' || view.pace.reversalsLastHour <= REVERSALS_PER_HOUR - 2;
}

function propose(size: number, reason: string): Proposal {
  return { kind: 'target', size, reason };
}
