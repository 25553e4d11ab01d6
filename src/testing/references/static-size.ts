import type { PolicyEngine } from '../../policies/policy.ts';
import { neededWorkers } from '../needed-workers.ts';
import { type ReferenceAutoscaler, type ReferenceContext, target } from './reference.ts';

/** Always the same number of workers. */
function staticSize(size: number): PolicyEngine {
  return { propose: () => target(size, `always ${size}`) };
}

/** What a capacity plan that knows the workload would buy: enough for its peak. */
export const staticPeakReference: ReferenceAutoscaler = {
  name: 'static-peak',
  title: 'Static, sized for the peak',
  source: 'capacity planning: no scaling',
  headroom: { kind: 'factor', default: 1, curve: [0.8, 0.9, 1, 1.1, 1.25] },
  create: (headroom, context) => staticSize(Math.ceil(context.peakWorkers * headroom - 1e-9)),
};

/** Enough for the workload's mean, and its square root: full most of the time. */
export const staticMeanReference: ReferenceAutoscaler = {
  name: 'static-mean',
  title: 'Static, sized for the mean',
  source: 'capacity planning: no scaling',
  headroom: { kind: 'factor', default: 1, curve: [0.8, 1, 1.25, 1.5, 2] },
  create: (headroom, context) => staticSize(Math.ceil(neededWorkers(meanOf(context)) * headroom - 1e-9)),
};

function meanOf({ workload, durationMs }: ReferenceContext): number {
  const steps = Math.max(1, Math.round(durationMs / (workload.stepMs ?? 60_000)));
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += workload.at(((i + 0.5) * durationMs) / steps);
  return sum / steps;
}
