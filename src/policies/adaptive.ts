import type { Proposal } from '../core/decision.ts';
import { figure, workers } from '../core/format.ts';
import type { PoolView } from '../core/view.ts';
import { followAtOnce } from './follow-at-once.ts';
import { wholeWorkers } from './load.ts';
import type { HoldRules, PaceRules, Policy } from './policy.ts';

/** Options of `adaptive`. None needs to be set. */
export interface AdaptiveOptions {
  /**
   * How many idle workers are as bad as one worker's work coming late. Default 12: late work costs ten times what a
   * worker that serves it costs, and a pool runs at about 80%.
   */
  readonly latenessWeight?: number;
  /** Longest wait that is still in time, ms. Default 2,000. */
  readonly waitMs?: number;
}

const REVERSALS_PER_HOUR = 6;

/** `adaptive` brings its own calm (see below): what it proposes is followed at once. */
export const adaptiveRules: { readonly pace: PaceRules; readonly hold: HoldRules } = {
  pace: {},
  hold: { ...followAtOnce, reversalsPerHour: REVERSALS_PER_HOUR },
};

/**
 * Headroom, in typical errors of the forecast over a start-up time (one is about a standard deviation). A size may
 * drift between the least and the most before it is changed, as stock does between reorder point and order-up-to
 * level in an (s, S) inventory policy (Scarf 1960): every change of direction has its price, so there are few.
 * Going on in the direction of the last change is free, turning round is not: the band is wider on that side, and
 * wider still the more reversals were spent lately.
 */
const LEAST = 0.7;
/** Errors that may be met within one tick without more waiting than was promised. */
const LEAST_WITHIN_TICK = 1.8;
const AIM_UP = 2.2;
const AIM_DOWN = 2.6;
const SLACK_GOING_DOWN = 0.7;
const SLACK_TURNING_DOWN = 1.2;
const SLACK_PER_REVERSAL = 0.3;
/** Half a worker that is not needed is not worth a change. */
const SLACK_WORKERS = 0.5;
/** Share of the best drain rate that is ordered: what will stand when workers arrive is only an estimate. */
const DRAIN_SHARE = 0.7;
/** What is added must be kept for longer, the fewer reversals are left: this much for each that was spent, s. */
const KEEP_SECONDS_PER_REVERSAL = 60;

/**
 * The default policy: sizes a pool for what its demand will be when workers ordered now are ready, plus headroom in
 * units of how wrong such forecasts have been lately. Load that moves little gets little headroom, load that jumps
 * gets much; nothing needs to be tuned. When work waits, the backlog that will stand at that time is drained as fast
 * as pays.
 */
export function adaptive(options: AdaptiveOptions = {}): Policy {
  const { latenessWeight = 12, waitMs = 2_000 } = options;
  return {
    name: 'adaptive',
    propose(view): Proposal {
      const { demand, size, forecast } = view;
      const expected = Math.max(demand.fast, forecast?.expectedPeak ?? forecast?.mean ?? 0);
      const error = forecast?.spread ?? demand.spread;
      const load = describe(view, expected);
      const drain = drainSize(view, latenessWeight, waitMs);
      const least = leastSize(expected, error, waitMs / view.intervalMs);
      if (size < least || size < drain) {
        const aim = wholeWorkers(Math.max(least, expected + AIM_UP * error));
        if (drain > aim) {
          const backlog = `${figure(demand.backlogSeconds)} s of work wait`;
          return target(drain, `${load}, ${backlog}: ${workers(drain)} drain it soonest at least cost`);
        }
        return target(aim, `${load} ± ${figure(error)}: ${workers(aim)} leave headroom`);
      }
      if (drain > 0) return target(size, `${load}: ${workers(size)} drain the backlog`);
      const aim = wholeWorkers(expected + AIM_DOWN * error);
      const slack = SLACK_WORKERS + downSlack(view) * error;
      if (size > expected + AIM_DOWN * error + slack && aim < size && isKnown(view) && !isFlapping(view)) {
        return target(aim, `${load} ± ${figure(error)}: ${workers(aim)} suffice`);
      }
      return target(size, `${load} ± ${figure(error)}: ${workers(size)} suit it`);
    },
  };
}

/**
 * The size below which more is ordered. A queue of `waitRatio` (the promised wait in ticks) of what the pool does in a
 * tick is no harm, so for one tick (1 + waitRatio) × size is served in time: with 2 s of 15 s, a load of 20 ± 1.5 is
 * safe with (20 + 1.8 × 1.5) / 1.13 = 20 workers, but one of 12 ± 4 with 17.
 */
function leastSize(expected: number, error: number, waitRatio: number): number {
  return Math.max(expected + LEAST * error, (expected + LEAST_WITHIN_TICK * error) / (1 + waitRatio));
}

/**
 * Workers that clear the backlog at least cost, 0 while it is within the promised wait. While a backlog Q stands all
 * new work is late; k workers beyond the demand L clear it in Q/k and cost a start-up B each: k·B + w·L·Q/k is least
 * at k = √(w·L·Q/B). With L = 40, Q = 600 s when the workers arrive, B = 120 s and w = 12: k = 49, gone in 12 s.
 */
function drainSize(view: PoolView, latenessWeight: number, waitMs: number): number {
  const { demand, ready, startup, pace } = view;
  if (demand.backlogSeconds * 1_000 <= (ready * waitMs) / 4) return 0;
  const startSeconds = Math.max(1, startup.p50Ms / 1_000);
  const standing = Math.max(0, demand.backlogSeconds + (demand.fast - ready) * startSeconds);
  const paidSeconds = startSeconds + KEEP_SECONDS_PER_REVERSAL * pace.reversalsLastHour;
  const best = Math.sqrt((latenessWeight * Math.max(1, demand.fast) * standing) / paidSeconds);
  return Math.max(ready, Math.ceil(demand.fast + DRAIN_SHARE * best));
}

function downSlack({ pace }: PoolView): number {
  if (pace.lastDirection !== 'up') return SLACK_GOING_DOWN;
  return SLACK_TURNING_DOWN + SLACK_PER_REVERSAL * pace.reversalsLastHour;
}

/**
 * A pool that was just taken over is not shrunk: a lull at that moment would cost what it takes to start its workers
 * again. It is watched for one start-up time first.
 */
function isKnown({ pace, startup, intervalMs }: PoolView): boolean {
  return pace.watchedMs === undefined || pace.watchedMs >= startup.p90Ms + intervalMs;
}

/** A scale-down is a reversal, and so is the scale-up that may have to follow: both must be left. */
function isFlapping({ pace }: PoolView): boolean {
  return pace.lastDirection === 'up' && pace.reversalsLastHour > REVERSALS_PER_HOUR - 2;
}

function describe({ demand, forecast }: PoolView, expected: number): string {
  if (forecast === undefined || expected === demand.fast) return `demand ${figure(demand.fast)}`;
  const seconds = Math.round(forecast.horizonMs / 1_000);
  return `demand ${figure(demand.fast)}, ${figure(expected)} in ${seconds} s`;
}

function target(size: number, reason: string): Proposal {
  return { kind: 'target', size, reason };
}
