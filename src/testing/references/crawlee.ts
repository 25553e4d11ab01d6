import { percent } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';
import { SyncTimer } from './sync-timer.ts';
import { UsageMeter } from './usage.ts';

const INTERVAL_MS = 10_000;
const STEP_UP_RATIO = 0.05;
const STEP_DOWN_RATIO = 0.05;
/** Crawlee shrinks when the machine is overloaded; a pool that pays for idle workers: this far below the ratio. */
const IDLE_BAND = 0.1;

/**
 * The steps of Crawlee's AutoscaledPool: every 10 s 5% up when 90% of the desired concurrency is in use, 5% down on
 * the opposite sign. In Crawlee that sign is an overloaded machine, which a pool without a machine cannot show; here
 * it is that less than 80% of what is in service is in use.
 */
export function crawlee(options: { readonly desiredConcurrencyRatio?: number } = {}): PolicyEngine {
  const ratio = options.desiredConcurrencyRatio ?? 0.9;
  const meter = new UsageMeter();
  const timer = new SyncTimer(INTERVAL_MS);
  return {
    propose(view) {
      const usage = meter.observe(view);
      let desired = view.size;
      for (let due = timer.due(view.now); due > 0; due--) {
        if (usage.busy >= Math.floor(desired * ratio)) desired += Math.ceil(desired * STEP_UP_RATIO) || 1;
        else if (usage.utilization < ratio - IDLE_BAND - 1e-9)
          desired -= Math.ceil(desired * STEP_DOWN_RATIO);
      }
      return target(
        desired,
        `${percent(usage.busy / Math.max(1, view.size))} in use, steps at ${percent(ratio)}`,
      );
    },
  };
}

export const crawleeReference: ReferenceAutoscaler = {
  name: 'crawlee',
  title: 'Crawlee AutoscaledPool',
  source: 'crawlee.dev, AutoscaledPoolOptions: desiredConcurrencyRatio, scaleUpStepRatio, scaleDownStepRatio',
  headroom: { kind: 'utilization', default: 0.9, curve: [0.5, 0.6, 0.7, 0.8, 0.9] },
  create: (headroom) => crawlee({ desiredConcurrencyRatio: headroom }),
};
