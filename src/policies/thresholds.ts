import type { Proposal } from '../core/decision.ts';
import { figure, percent, workers } from '../core/format.ts';
import type { PoolView } from '../core/view.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkKnown, checkNumber, checkShare, checkWorkers } from './check-options.ts';
import { quickLoad, steadyLoad, wholeWorkers } from './load.ts';
import type { Policy } from './policy.ts';

/** Options of `thresholds`. */
export interface ThresholdOptions {
  /** Demand over size above which the pool grows. Above 0, at most 1. Default 0.8. */
  readonly scaleUpThreshold?: number;
  /** Demand over size below which the pool shrinks. From 0, below `scaleUpThreshold`. Default 0.3. */
  readonly scaleDownThreshold?: number;
  /** The smallest step in either direction, workers. 1 or more. Default 1. */
  readonly scalingIncrement?: number;
  /**
   * Demand over size to which a pool between the thresholds is trimmed, when neither now nor lately more was needed:
   * workers between the thresholds are idle all the same. Above `scaleDownThreshold`, at most `scaleUpThreshold`.
   * Default: none; between the thresholds the size stays.
   */
  readonly trimTo?: number;
}

/**
 * Keeps demand over size between two thresholds. A step up is `scalingIncrement` workers while the pool can serve
 * its load; a saturated pool takes the step that covers the measured demand: 4 workers with a demand of 14 go to 18
 * at once (14 / 0.8 = 17.5). A step down is at least `scalingIncrement`, and as large as it takes to bring the load
 * back between the thresholds: one of 40 with a demand of 3 goes to 10 (3 / 0.3). It stops where it would push the
 * load above the upper threshold again.
 *
 * Demand does not saturate as utilisation does, and size counts the workers that start: a slow start is not
 * answered with another step. Grows on the quick average of demand, shrinks when the long one agrees.
 */
export function thresholds(options: ThresholdOptions = {}): Policy {
  const {
    scaleUpThreshold: up = 0.8,
    scaleDownThreshold: down = 0.3,
    scalingIncrement = 1,
    trimTo,
  } = options;
  checkThresholds(options);

  function grow(size: number, demand: number): Proposal {
    const step = size + scalingIncrement;
    const target = demand > size ? Math.max(step, wholeWorkers(demand / up)) : step;
    return propose(target, `${compare(demand, size)}, above ${percent(up)}: ${workers(target)}`);
  }

  function shrink(size: number, demand: number, least: number): Proposal {
    // 0.6 / 0.2 = 2.9999999999999996 is 3.
    const most = Math.floor(demand / down + 1e-9);
    const target = Math.max(least, Math.min(size - scalingIncrement, most));
    if (target < size) {
      return propose(target, `${compare(demand, size)}, below ${percent(down)}: ${workers(target)}`);
    }
    return propose(size, `${compare(demand, size)}, but fewer would be above ${percent(up)}: ${size} stay`);
  }

  function trim(view: PoolView, demand: number, to: number): Proposal | undefined {
    const recent = Math.max(demand, view.demand.recentPeak);
    const target = wholeWorkers(recent / to);
    if (target >= view.size) return undefined;
    return propose(
      target,
      `demand was at most ${figure(recent)} lately, ${workers(target)} carry it at ${percent(to)}`,
    );
  }

  return {
    name: 'thresholds',
    propose(view) {
      const { size } = view;
      const quick = quickLoad(view);
      if (quick > up * size) return grow(size, quick);
      const demand = steadyLoad(view);
      const trimmed = trimTo === undefined ? undefined : trim(view, demand, trimTo);
      if (demand < down * size) {
        const shrunk = shrink(size, demand, wholeWorkers(demand / up));
        return trimmed !== undefined && trimmed.size < shrunk.size ? trimmed : shrunk;
      }
      return (
        trimmed ??
        propose(size, `${compare(demand, size)}, within ${percent(down)} to ${percent(up)}: ${size} stay`)
      );
    },
  };
}

function propose(size: number, reason: string): Proposal {
  return { kind: 'target', size, reason };
}

function compare(demand: number, size: number): string {
  if (size === 0) return `demand ${figure(demand)} on no workers`;
  return `demand ${figure(demand)} on ${workers(size)} is ${percent(demand / size)}`;
}

/** @throws InvalidOptionError */
function checkThresholds(options: ThresholdOptions): void {
  const { scaleUpThreshold = 0.8, scaleDownThreshold = 0.3, scalingIncrement, trimTo } = options;
  checkKnown(options, ['scaleUpThreshold', 'scaleDownThreshold', 'scalingIncrement', 'trimTo']);
  checkShare('scaleUpThreshold', scaleUpThreshold);
  checkNumber('scaleDownThreshold', scaleDownThreshold, 'must be 0 or more', (share) => share >= 0);
  if (scaleDownThreshold >= scaleUpThreshold) {
    const rule = `must be below scaleUpThreshold (${scaleUpThreshold})`;
    throw new InvalidOptionError('scaleDownThreshold', rule, scaleDownThreshold);
  }
  checkWorkers('scalingIncrement', scalingIncrement, 1);
  const within = `must be above scaleDownThreshold (${scaleDownThreshold}), at most scaleUpThreshold (${scaleUpThreshold})`;
  checkNumber('trimTo', trimTo, within, (share) => share > scaleDownThreshold && share <= scaleUpThreshold);
}
