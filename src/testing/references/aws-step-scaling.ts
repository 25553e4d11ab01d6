import { percent } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { AwsGroup } from './aws-group.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';

/** Steps of the user guide's example, as [distance from the threshold, change of capacity]. */
const OUT_STEPS = [
  [0.2, 0.3],
  [0.1, 0.1],
] as const;

/**
 * AWS step scaling with the steps of the user guide: threshold 50%; 10 points beyond it ±10% of the capacity, 20
 * points beyond it ±30%. Alarms, metric and warm-up as for target tracking.
 */
export function awsStepScaling(options: { readonly threshold?: number } = {}): PolicyEngine {
  const threshold = options.threshold ?? 0.5;
  const group = new AwsGroup();
  return {
    propose(view) {
      const { size } = view;
      const minute = group.observe(view);
      if (minute === undefined) return target(size, 'between two datapoints');
      const { utilization, current } = minute;
      const reason = `${percent(utilization)} busy over a minute, threshold ${percent(threshold)}`;
      if (group.isHigh(threshold)) {
        // Instances that warm up are no base for the percentage, but they count towards what it asks for.
        return target(Math.max(size, current + change(current, utilization - threshold)), reason);
      }
      if (group.isLow(threshold) && !minute.scalingOut) {
        return target(size - change(size, threshold - utilization), reason);
      }
      return target(size, reason);
    },
  };
}

/** Between 0 and 1 counts as 1, beyond that it is rounded down: 30% of 11 is 3, 10% of 4 is 1. */
function change(capacity: number, distance: number): number {
  const step = OUT_STEPS.find(([from]) => distance >= from - 1e-9);
  if (step === undefined || capacity === 0) return 0;
  return Math.max(1, Math.floor(capacity * step[1] + 1e-9));
}

export const awsStepScalingReference: ReferenceAutoscaler = {
  name: 'aws-step-scaling',
  title: 'AWS step scaling',
  source:
    'docs.aws.amazon.com, EC2 Auto Scaling user guide: step scaling policies, example of step adjustments',
  headroom: { kind: 'utilization', default: 0.5, curve: [0.4, 0.5, 0.6, 0.7, 0.8] },
  create: (headroom) => awsStepScaling({ threshold: headroom }),
};
