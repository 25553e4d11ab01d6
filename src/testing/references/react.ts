import { figure } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';
import { UsageMeter } from './usage.ts';

/**
 * React: provisions for the load that is there now. More load than workers: as many as the load needs, and some
 * more. Workers beyond that, two at least (one under-used, one idle): they go, unless others are still starting, as
 * only what is in service is looked at.
 */
export function react(options: { readonly factor?: number } = {}): PolicyEngine {
  const factor = options.factor ?? 1.2;
  const meter = new UsageMeter();
  return {
    propose(view) {
      const { load } = meter.observe(view);
      const needed = Math.ceil(load * factor - 1e-9);
      const overloaded = load > view.size;
      const idle = view.starting === 0 && view.size - needed >= 2;
      return target(overloaded || idle ? needed : view.size, `load ${figure(load)} × ${factor}`);
    },
  };
}

export const reactReference: ReferenceAutoscaler = {
  name: 'react',
  title: 'React',
  source:
    'Chieu, Mohindra, Karve, Segal: Dynamic Scaling of Web Applications in a Virtualized Cloud, ICEBE 2009',
  headroom: { kind: 'factor', default: 1.2, curve: [1.05, 1.2, 1.4, 1.6, 2] },
  create: (headroom) => react({ factor: headroom }),
};
