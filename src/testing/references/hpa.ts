import { figure, percent } from '../../core/format.ts';
import type { PoolView } from '../../core/view.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';
import { SyncTimer } from './sync-timer.ts';
import { TimeWindow } from './time-window.ts';
import { type Usage, UsageMeter } from './usage.ts';

export interface HpaOptions {
  /** 0..1. Default 0.8. */
  readonly targetUtilization?: number;
  /**
   * `cpu`: a resource metric of the ready pods, which saturates. `in-flight`: jobs in service and waiting as an
   * external metric per pod, as KEDA sets an HPA up. Default `cpu`.
   */
  readonly metric?: 'cpu' | 'in-flight';
}

const SYNC_MS = 15_000;
const TOLERANCE = 0.1;
/** Scale-up policies: the larger of 4 pods and 100% in 15 s. (Down: 100% in 15 s, which limits nothing.) */
const UP_PODS = 4;
const UP_RATIO = 1;
const UP_PERIOD_MS = 15_000;
const DOWN_STABILIZATION_MS = 300_000;

/**
 * Kubernetes HorizontalPodAutoscaler, `autoscaling/v2`, with the defaults of kube-controller-manager: sync every
 * 15 s, tolerance 10%, scale-up by max(4 pods, 100%) per 15 s, scale-down to the highest recommendation of the last
 * 300 s. Metrics come without delay, which a cluster cannot do.
 */
export function hpa(options: HpaOptions = {}): PolicyEngine {
  const calculator = createCalculator(options);
  const behavior = new HpaBehavior();
  const timer = new SyncTimer(SYNC_MS);
  let desired: number | undefined;
  return {
    propose(view) {
      const { recommended, reason } = calculator(view);
      const isDue = timer.due(view.now) > 0;
      if (desired !== undefined && !isDue) return target(desired, 'between two syncs');
      desired = behavior.apply(view, recommended);
      return target(desired, reason);
    },
  };
}

/** What the replica calculator recommends, before behaviour (stabilisation, rates). */
export function createCalculator(
  options: HpaOptions,
): (view: PoolView) => { readonly recommended: number; readonly reason: string } {
  const utilization = options.targetUtilization ?? 0.8;
  const meter = new UsageMeter();
  return (view) => {
    const usage = meter.observe(view);
    if (options.metric === 'in-flight') {
      const recommended = perPodReplicas(view, usage.concurrency, utilization * view.slotsPerWorker);
      return {
        recommended,
        reason: `${figure(usage.concurrency)} jobs in flight, ${utilization} wanted per slot`,
      };
    }
    const recommended = resourceReplicas(view, usage, utilization);
    return { recommended, reason: `${percent(usage.utilization)} busy, ${percent(utilization)} wanted` };
  };
}

/**
 * A resource metric: usage over ready pods. On the way up, pods that are not ready count as idle, so that what was
 * ordered is not ordered again; when that turns the direction, nothing is done.
 */
function resourceReplicas(view: PoolView, usage: Usage, utilization: number): number {
  const { ready, starting, size } = view;
  if (ready === 0) return size;
  const ratio = usage.utilization / utilization;
  if (!(starting > 0 && ratio > 1)) {
    return isClose(ratio) ? size : ceil(ratio * ready);
  }
  const withUnready = usage.busy / (ready + starting) / utilization;
  if (isClose(withUnready) || withUnready < 1) return size;
  return Math.max(size, ceil(withUnready * (ready + starting)));
}

/** An external metric with `averageValue`: total over target, ready or not. */
function perPodReplicas(view: PoolView, total: number, perPod: number): number {
  const ratio = total / (perPod * Math.max(1, view.size));
  return view.size > 0 && isClose(ratio) ? view.size : ceil(total / perPod);
}

function isClose(ratio: number): boolean {
  // A hair wider than the tolerance: 0.88 / 0.8 is 1.1 and counts as within.
  return Math.abs(1 - ratio) <= TOLERANCE + 1e-9;
}

function ceil(value: number): number {
  return Math.ceil(value - 1e-9);
}

/** Default `behavior`: stabilisation first, then the rate of scale-up. */
export class HpaBehavior {
  readonly #recommendations = new TimeWindow(DOWN_STABILIZATION_MS);
  readonly #changes = new TimeWindow(UP_PERIOD_MS);
  #known = false;

  apply(view: PoolView, recommended: number): number {
    const { now, size } = view;
    if (!this.#known) this.#recommendations.add(now, size);
    this.#known = true;
    this.#recommendations.add(now, recommended);
    let desired = recommended >= size ? recommended : Math.min(size, this.#recommendations.max);
    if (desired > size) {
      const begin = size - this.#changes.sumWithin(now, UP_PERIOD_MS);
      desired = Math.min(desired, Math.max(begin + UP_PODS, Math.ceil(begin * (1 + UP_RATIO))));
      desired = Math.max(size, desired);
    }
    if (desired !== size) this.#changes.add(now, desired - size);
    return desired;
  }
}

const utilizationCurve: readonly number[] = [0.5, 0.6, 0.7, 0.8, 0.9];

export const hpaReference: ReferenceAutoscaler = {
  name: 'hpa',
  title: 'Kubernetes HPA v2, CPU utilisation',
  source: 'kubernetes.io, Horizontal Pod Autoscaling (autoscaling/v2): algorithm details, default behavior',
  headroom: { kind: 'utilization', default: 0.8, curve: utilizationCurve },
  create: (headroom) => hpa({ targetUtilization: headroom }),
};

export const hpaInFlightReference: ReferenceAutoscaler = {
  name: 'hpa-in-flight',
  title: 'Kubernetes HPA v2, jobs in flight (as KEDA)',
  source: 'kubernetes.io, Horizontal Pod Autoscaling: external metrics; keda.sh, Scaling Deployments',
  headroom: { kind: 'utilization', default: 0.8, curve: utilizationCurve },
  create: (headroom) => hpa({ targetUtilization: headroom, metric: 'in-flight' }),
};
