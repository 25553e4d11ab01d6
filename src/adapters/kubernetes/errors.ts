import { nameOf, type Workload } from './workload.ts';

/** The API server refused a call. */
export class KubernetesApiError extends Error {
  override readonly name = 'KubernetesApiError';
  /** HTTP status: 403 where a right is missing, 404 where the workload is. */
  readonly status: number;

  constructor(what: string, status: number, message: string, cause: unknown) {
    super(`Kubernetes: cannot ${what}: ${status} ${message}`, { cause });
    this.status = status;
  }
}

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
