import { nameOf, type Workload } from './workload.ts';

/** A HorizontalPodAutoscaler scales the same workload: two that do would undo each other's sizes. */
export class WorkloadOwnedError extends Error {
  override readonly name = 'WorkloadOwnedError';
  /** The name of the HorizontalPodAutoscaler. */
  readonly autoscaler: string;

  constructor(workload: Workload, autoscaler: string) {
    super(
      `${nameOf(workload)} is scaled by the HorizontalPodAutoscaler ${autoscaler}: delete that (or the ScaledObject ` +
        'that made it), or leave the workload to it',
    );
    this.autoscaler = autoscaler;
  }
}
