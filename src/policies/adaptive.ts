import type { Proposal } from '../core/decision.ts';
import { figure, workers } from '../core/format.ts';
import type { PoolView } from '../core/view.ts';
import { adaptiveSize, drainSize, REVERSALS_PER_HOUR, situationOf, type Weights } from './adaptive-size.ts';
import { checkKnown, checkNumber, checkPeriod } from './check-options.ts';
import { followAtOnce } from './follow-at-once.ts';
import { HEADROOMS } from './headrooms.ts';
import type { HoldRules, PaceRules, Policy } from './policy.ts';

/** Options of `adaptive`. None needs to be set. */
export interface AdaptiveOptions {
  /**
   * How many idle workers are as bad as one worker's work coming late. Above 0; default 20. A larger weight keeps more
   * headroom.
   */
  readonly latenessWeight?: number;
  /** Longest wait that is still in time, ms. Above 0; default 2,000. */
  readonly waitMs?: number;
}

/** `adaptive` brings its own calm: what it proposes is followed at once. */
export const adaptiveRules: { readonly pace: PaceRules; readonly hold: HoldRules } = {
  pace: {},
  hold: { ...followAtOnce, reversalsPerHour: REVERSALS_PER_HOUR },
};

/** @throws InvalidOptionError naming the field */
export function weightsOf(options: AdaptiveOptions = {}): Weights {
  const { latenessWeight = 20, waitMs = 2_000 } = options;
  checkKnown(options, ['latenessWeight', 'waitMs'], 'adaptive');
  checkNumber('adaptive.latenessWeight', latenessWeight, 'must be above 0', (weight) => weight > 0);
  checkPeriod('adaptive.waitMs', waitMs);
  return { latenessWeight, waitMs };
}

/**
 * The default policy: sizes a pool for what its demand will be when workers ordered now are ready, plus headroom in
 * units of how wrong such forecasts have been lately. Load that moves little gets little headroom, load that jumps
 * gets much. How many errors of headroom pay is rehearsed on the pool's own load (`view.headroom`); nothing needs to be
 * tuned. When work waits, the backlog that will stand at that time is drained as fast as pays.
 *
 * @throws InvalidOptionError naming the field
 */
export function adaptive(options: AdaptiveOptions = {}): Policy {
  const weights = weightsOf(options);
  return {
    name: 'adaptive',
    propose(view): Proposal {
      const { size, demand } = view;
      const headroom = view.headroom ?? HEADROOMS[0];
      const situation = situationOf(view);
      const drain = drainSize(situation, weights);
      const wanted = adaptiveSize(situation, headroom, drain);
      const load = describe(view, situation.expected);
      const band = `${load} ± ${figure(situation.error)}`;
      if (wanted > size) {
        if (wanted > drain)
          return target(wanted, `${band}: ${workers(wanted)} leave ${headroom.name} headroom`);
        const backlog = `${figure(demand.backlogSeconds)} s of work wait`;
        return target(wanted, `${load}, ${backlog}: ${workers(wanted)} drain it soonest at least cost`);
      }
      if (drain > 0) return target(size, `${load}: ${workers(size)} drain the backlog`);
      if (wanted < size && isKnown(view)) {
        return target(wanted, `${band}: ${workers(wanted)} suffice with ${headroom.name} headroom`);
      }
      return target(size, `${band}: ${workers(size)} suit it`);
    },
  };
}

/**
 * A pool that was just taken over is not shrunk: a lull at that moment would cost what it takes to start its workers
 * again. It is watched for one start-up time first.
 */
function isKnown({ pace, startup, intervalMs }: PoolView): boolean {
  return pace.watchedMs === undefined || pace.watchedMs >= startup.p90Ms + intervalMs;
}

function describe({ demand, forecast }: PoolView, expected: number): string {
  if (forecast === undefined || expected === demand.fast) return `demand ${figure(demand.fast)}`;
  const seconds = Math.round(forecast.horizonMs / 1_000);
  return `demand ${figure(demand.fast)}, ${figure(expected)} in ${seconds} s`;
}

function target(size: number, reason: string): Proposal {
  return { kind: 'target', size, reason };
}
