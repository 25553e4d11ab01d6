import { figure } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';
import { UsageMeter } from './usage.ts';

/** Workers are released at this share of the rate at which they would be added, against premature release. */
const RELEASE_GAIN = 0.25;

/**
 * Adapt, the hybrid: reactive up, proactive down. The proactive controller is integral with a gain that follows the
 * service's own scale: per interval it would move the size by `R = (n / n̄) · Δ`, where Δ is the distance from the
 * size n to what the load needs and n̄ the mean size so far. Releases are damped, whole workers go, the rest is
 * carried over, and never more go than the load can spare. Nobody is released while others start.
 *
 * Worked: 10 workers all along and load for 6: R = -4 × 0.25 = -1, one worker goes in this interval.
 */
export function adapt(options: { readonly factor?: number } = {}): PolicyEngine {
  const factor = options.factor ?? 1.1;
  const meter = new UsageMeter();
  let carried = 0;
  let sizeSum = 0;
  let intervals = 0;
  return {
    propose(view) {
      const { load } = meter.observe(view);
      const { size } = view;
      const needed = Math.ceil(load * factor - 1e-9);
      sizeSum += size;
      intervals++;
      const reason = `load ${figure(load)} × ${factor} needs ${needed}`;
      if (load > size || view.starting > 0) {
        carried = 0;
        return target(load > size ? needed : size, reason);
      }
      const gain = size / Math.max(1, sizeSum / intervals);
      carried += Math.min(0, gain * (load * factor - size) * RELEASE_GAIN);
      const whole = Math.trunc(carried + 1e-9 * Math.sign(carried));
      carried -= whole;
      return target(Math.max(Math.min(size, needed), size + whole), reason);
    },
  };
}

export const adaptReference: ReferenceAutoscaler = {
  name: 'adapt',
  title: 'Adapt',
  source:
    'Ali-Eldin, Tordsson, Elmroth: An Adaptive Hybrid Elasticity Controller for Cloud Infrastructures, NOMS 2012',
  headroom: { kind: 'factor', default: 1.1, curve: [1.02, 1.1, 1.25, 1.5, 2] },
  create: (headroom) => adapt({ factor: headroom }),
};
