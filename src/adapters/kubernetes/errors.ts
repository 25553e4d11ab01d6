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

/** Another instance leads since, and has scaled the workload already. */
export class LateTermError extends Error {
  override readonly name = 'LateTermError';
  /** The term in which the workload was scaled last. */
  readonly last: number;

  constructor(workload: Workload, last: number, term: number) {
    super(
      `${nameOf(workload)} was scaled in term ${last} of leadership already: term ${term} is over. Where terms are ` +
        'counted anew, since their lease was lost, remove the annotation flyball.dev/term',
    );
    this.last = last;
  }
}
