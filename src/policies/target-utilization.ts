import { figure, percent, workers } from '../core/format.ts';
import { checkKnown, checkShare } from './check-options.ts';
import { steadyLoad, wholeWorkers } from './load.ts';
import type { Policy } from './policy.ts';

/** Options of `targetUtilization`. */
export interface TargetUtilizationOptions {
  /** Share of the workers that should be busy. Above 0, at most 1. Default 0.7. */
  readonly utilization?: number;
}

/**
 * As many workers as keep a share of them busy: demand / utilization. Small pools run emptier than they need to and
 * large ones fuller (10 of 14 busy and 100 of 143 is not the same risk): `demand` scales better.
 */
export function targetUtilization(options: TargetUtilizationOptions = {}): Policy {
  const { utilization = 0.7 } = options;
  checkKnown(options, ['utilization']);
  checkShare('utilization', utilization);
  return {
    name: 'target-utilization',
    propose(view) {
      const demand = steadyLoad(view);
      const size = wholeWorkers(demand / utilization);
      const reason = `demand ${figure(demand)} at ${percent(utilization)} busy: ${workers(size)}`;
      return { kind: 'target', size, reason };
    },
  };
}
