import { percent } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { AwsGroup } from './aws-group.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';

/** The low alarm stands 10% below the target. */
const LOW_ALARM_RATIO = 0.9;
const SCALE_IN_COOLDOWN_MS = 300_000;

/**
 * AWS target tracking on average CPU utilisation. Three minutes above the target: out in proportion, rounded up,
 * instances in warm-up not counted as capacity. Fifteen minutes below 90% of it: in, rounded so that fewer go, not
 * while a scale-out is under way nor within 300 s of the last scale-in.
 */
export function awsTargetTracking(options: { readonly targetUtilization?: number } = {}): PolicyEngine {
  const utilization = options.targetUtilization ?? 0.5;
  const group = new AwsGroup();
  let lastInAt = Number.NEGATIVE_INFINITY;
  return {
    propose(view) {
      const { size, now } = view;
      const minute = group.observe(view);
      if (minute === undefined) return target(size, 'between two datapoints');
      const needed = Math.ceil((minute.current * minute.utilization) / utilization - 1e-9);
      const reason = `${percent(minute.utilization)} busy over a minute, ${percent(utilization)} wanted`;
      if (group.isHigh(utilization)) return target(Math.max(size, needed), reason);
      const mayScaleIn = !minute.scalingOut && now - lastInAt >= SCALE_IN_COOLDOWN_MS;
      if (mayScaleIn && needed < size && group.isLow(LOW_ALARM_RATIO * utilization)) {
        lastInAt = now;
        return target(needed, reason);
      }
      return target(size, reason);
    },
  };
}

export const awsTargetTrackingReference: ReferenceAutoscaler = {
  name: 'aws-target-tracking',
  title: 'AWS target tracking',
  source:
    'docs.aws.amazon.com, EC2 Auto Scaling user guide: target tracking scaling policies, instance warm-up',
  headroom: { kind: 'utilization', default: 0.5, curve: [0.4, 0.5, 0.6, 0.7, 0.8] },
  create: (headroom) => awsTargetTracking({ targetUtilization: headroom }),
};
