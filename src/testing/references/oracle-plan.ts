import type { PolicyEngine } from '../../policies/policy.ts';
import { oracle } from '../oracle.ts';
import { type ReferenceAutoscaler, type ReferenceContext, target } from './reference.ts';

/**
 * The oracle's plan, carried out: it knows the load in advance and orders each worker one start-up before it is
 * needed. It shows what the plan's price buys when arrivals are random around the load.
 */
function oraclePlan(context: ReferenceContext, factor = 1): PolicyEngine {
  const { workload, durationMs, startAt, startupMs, intervalMs } = context;
  const steps = Math.ceil(durationMs / intervalMs) + 1;
  const loads = Float64Array.from({ length: steps }, (_, i) => highest(context, i * intervalMs) * factor);
  const { sizes } = oracle(loads, intervalMs, startupMs);
  return {
    propose(view) {
      const step = Math.min(steps - 1, Math.max(0, Math.round((view.now - startAt) / intervalMs)));
      return target(sizes[step] as number, `knows that ${workload.name} will need it`);
    },
  };
}

/** The highest load until the next tick: what is decided now must last until then. */
function highest({ workload, intervalMs }: ReferenceContext, fromMs: number): number {
  const looks = Math.min(15, Math.max(1, Math.round(intervalMs / (workload.stepMs ?? 1000))));
  let most = 0;
  for (let i = 0; i < looks; i++)
    most = Math.max(most, workload.at(fromMs + ((i + 0.5) * intervalMs) / looks));
  return most;
}

export const oracleReference: ReferenceAutoscaler = {
  name: 'oracle',
  title: 'Oracle (knows the load, waits for start-ups)',
  source:
    'flyball, docs/backtesting.md: ⌈L + √L⌉ workers per load of L, gaps kept when cheaper than a start-up',
  headroom: { kind: 'factor', default: 1, curve: [0.9, 1, 1.1, 1.2, 1.4] },
  create: (headroom, context) => oraclePlan(context, headroom),
};
