import { figure } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';
import { TimeWindow } from './time-window.ts';
import { UsageMeter } from './usage.ts';

export interface KnativeOptions {
  /** container-concurrency-target-percentage. Default 0.7. */
  readonly targetUtilization?: number;
  /** scale-down-delay, ms. Default 0. */
  readonly scaleDownDelayMs?: number;
}

const STABLE_WINDOW_MS = 60_000;
/** panic-threshold-percentage 200. */
const PANIC_THRESHOLD = 2;
const MAX_SCALE_UP_RATE = 1000;
const MAX_SCALE_DOWN_RATE = 2;

/**
 * Knative Pod Autoscaler on concurrency. In stable mode pods = mean concurrency of 60 s over the target of a pod;
 * when what the panic window (6 s) asks for is twice the ready pods it panics: only grows, until 60 s after the
 * last reason to. The panic window is shorter than a tick of 15 s, so it sees the newest reading with the queue as
 * it stands. A pod's target is its slots × the target utilisation.
 */
export function knative(options: KnativeOptions = {}): PolicyEngine {
  const utilization = options.targetUtilization ?? 0.7;
  const delayMs = options.scaleDownDelayMs ?? 0;
  const meter = new UsageMeter();
  const stable = new TimeWindow(STABLE_WINDOW_MS);
  const delayed = delayMs > 0 ? new TimeWindow(delayMs) : undefined;
  let isNew = true;
  let panicAt: number | undefined;
  let panicPods = 0;
  return {
    propose(view) {
      const { now } = view;
      const usage = meter.observe(view);
      stable.add(now, usage.concurrency);
      const ready = Math.max(1, view.ready);
      if (isNew && view.ready > 1) {
        // Without a past it panics at once, so as not to shrink on too little knowledge.
        panicAt = now;
        panicPods = view.ready;
      }
      isNew = false;
      const perPod = view.slotsPerWorker * utilization;
      const most = Math.ceil(MAX_SCALE_UP_RATE * ready);
      const least = Math.floor(ready / MAX_SCALE_DOWN_RATE);
      const limited = (pods: number): number => Math.min(Math.max(pods, least), most);
      const stablePods = Math.ceil(stable.mean / perPod - 1e-9);
      const burstPods = Math.ceil(usage.latestConcurrency / perPod - 1e-9);

      if (burstPods / ready >= PANIC_THRESHOLD) {
        panicAt = now;
      } else if (panicAt !== undefined && panicAt + STABLE_WINDOW_MS < now) {
        panicAt = undefined;
        panicPods = 0;
      }
      let pods = limited(stablePods);
      if (panicAt !== undefined) {
        panicPods = Math.max(panicPods, pods, limited(burstPods));
        pods = panicPods;
      }
      if (delayed !== undefined) {
        delayed.add(now, pods);
        pods = delayed.max;
      }
      const mode = panicAt === undefined ? 'stable' : 'panic';
      return target(
        pods,
        `${mode}: ${figure(stable.mean)} jobs in flight, ${figure(perPod)} wanted per worker`,
      );
    },
  };
}

export const knativeReference: ReferenceAutoscaler = {
  name: 'knative',
  title: 'Knative KPA (stable and panic)',
  source: 'knative.dev, autoscaling: KPA-specific configuration; config-autoscaler defaults',
  headroom: { kind: 'utilization', default: 0.7, curve: [0.5, 0.6, 0.7, 0.8, 0.9] },
  create: (headroom) => knative({ targetUtilization: headroom }),
};
