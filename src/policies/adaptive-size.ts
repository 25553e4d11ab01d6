import type { Headroom, PoolView } from '../core/view.ts';
import { isNegligible, wholeWorkers } from './load.ts';

/** What `adaptive` weighs. */
export interface Weights {
  /** How many idle workers are as bad as one worker's work coming late. */
  readonly latenessWeight: number;
  /** Longest wait that is still in time, ms. */
  readonly waitMs: number;
}

/** What `adaptive` looks at: a pool's, or one that is modelled. Load in busy-worker equivalents. */
export interface Situation {
  size: number;
  ready: number;
  /** Demand as it is now. */
  load: number;
  /** The highest demand until workers ordered now are ready. */
  expected: number;
  /** Typical error of such an expectation. */
  error: number;
  /** No load: not now, not lately, and none is expected. */
  isIdle: boolean;
  backlogSeconds: number;
  /** Typical start-up, ms. */
  startupMs: number;
  intervalMs: number;
  /** The last change was a scale-up: a scale-down would be a reversal. */
  wentUp: boolean;
  reversalsLastHour: number;
}

export function situationOf(view: PoolView): Situation {
  const { size, ready, demand, forecast, startup, intervalMs, pace } = view;
  const expected = Math.max(demand.fast, forecast?.expectedPeak ?? forecast?.mean ?? 0);
  return {
    size,
    ready,
    load: demand.fast,
    expected,
    error: forecast?.spread ?? demand.spread,
    isIdle: isNegligible(Math.max(expected, demand.slow)),
    backlogSeconds: demand.backlogSeconds,
    startupMs: startup.p50Ms,
    intervalMs,
    wentUp: pace.lastDirection === 'up',
    reversalsLastHour: pace.reversalsLastHour,
  };
}

/** Reversals of direction that `adaptive` allows itself within an hour. */
export const REVERSALS_PER_HOUR = 6;

/**
 * Beyond `shrink`, a size is let be up to here, in errors: every change of direction has its price. Going on in the
 * direction of the last change is free, turning round is not: the band is wider on that side, and wider still the more
 * reversals were spent lately.
 */
const SLACK_GOING_DOWN = 0.25;
const SLACK_TURNING_DOWN = 0.75;
const SLACK_PER_REVERSAL = 0.3;
/** Half a worker that is not needed is not worth a change. */
const SLACK_WORKERS = 0.6;
/** Share of the best drain rate that is ordered: what will stand when workers arrive is only an estimate. */
const DRAIN_SHARE = 0.5;
/** What is added must be kept for longer, the fewer reversals are left: this much for each that was spent, s. */
const KEEP_SECONDS_PER_REVERSAL = 75;

/**
 * The size for a situation: a band, as stock drifts between reorder point and order-up-to level in an (s, S) inventory
 * policy (Scarf 1960). Below `least` errors of headroom more is ordered, up to `grow`; far above `shrink` it is cut to
 * that; in between it is let be. Without load it is zero, whatever was feared: a pool that may sleep is woken by work, not
 * by doubt.
 *
 * @param drain see `drainSize`
 */
export function adaptiveSize(at: Situation, headroom: Headroom, drain: number): number {
  const { size, expected, error } = at;
  if (at.isIdle && drain === 0) return isFlapping(at) ? size : 0;
  const least = expected + headroom.least * error;
  if (size < least || size < drain) {
    return Math.max(drain, wholeWorkers(Math.max(least, expected + headroom.grow * error)));
  }
  if (drain > 0 || isFlapping(at)) return size;
  const aim = expected + headroom.shrink * error;
  return size > aim + SLACK_WORKERS + slack(at) * error ? Math.min(size, wholeWorkers(aim)) : size;
}

/**
 * Workers that clear the backlog at least cost, 0 while it is within the promised wait. While a backlog Q stands all
 * new work is late; k workers beyond the demand L clear it in Q/k and cost a start-up B each: k·B + w·L·Q/k is least
 * at k = √(w·L·Q/B). With L = 40, Q = 600 s when the workers arrive, B = 120 s and w = 20: k = 63, gone in 10 s.
 */
export function drainSize(at: Situation, { latenessWeight, waitMs }: Weights): number {
  const { load, ready, backlogSeconds, startupMs, reversalsLastHour } = at;
  if (backlogSeconds * 1_000 <= (ready * waitMs) / 4) return 0;
  const startSeconds = Math.max(1, startupMs / 1_000);
  const standing = Math.max(0, backlogSeconds + (load - ready) * startSeconds);
  const paidSeconds = startSeconds + KEEP_SECONDS_PER_REVERSAL * reversalsLastHour;
  const best = Math.sqrt((latenessWeight * Math.max(1, load) * standing) / paidSeconds);
  return Math.max(ready, Math.ceil(load + DRAIN_SHARE * best));
}

function slack({ wentUp, reversalsLastHour }: Situation): number {
  return wentUp ? SLACK_TURNING_DOWN + SLACK_PER_REVERSAL * reversalsLastHour : SLACK_GOING_DOWN;
}

/** A scale-down is a reversal, and so is the scale-up that may have to follow: both must be left. */
function isFlapping({ wentUp, reversalsLastHour }: Situation): boolean {
  return wentUp && reversalsLastHour > REVERSALS_PER_HOUR - 2;
}
