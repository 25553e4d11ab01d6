import type { WorkerId, WorkerObservation } from '../core/observation.ts';
import type { ScaleRequest } from './actuator.ts';
import type { Call } from './operations.ts';
import { isIdle } from './removal-score.ts';

/**
 * `drain`: takes no new jobs and ends those that it has. `stop`: is being stopped. `gone`: stopped, as the adapter
 * said. `over`: no longer looked after.
 */
export type RemovalPhase = 'drain' | 'stop' | 'gone' | 'over';

/** A worker on its way out. Times are monotonic ms. */
export interface Removal {
  readonly id: WorkerId;
  readonly request: ScaleRequest;
  readonly begunAt: number;
  phase: RemovalPhase;
  /** Absent while it waits for a retry. */
  call?: Call | undefined;
  /** When its call is looked after, or its next try is due. */
  dueAt: number;
  /** Tries of the phase so far. */
  attempt: number;
  /** It may still run jobs: its drain is not over. */
  working: boolean;
  /** `false` once its jobs are not waited for any longer. */
  graceful: boolean;
  /** Observations do not count it as ready any more. */
  seen: boolean;
  /** When its stop settled, and the fresh observations until then. */
  goneAt: number;
  goneIn: number;
}

/** What is known of a worker's jobs, for people. */
export function describeJobs(worker: WorkerObservation | undefined): string {
  if (worker === undefined) return 'its jobs are not reported';
  if (typeof worker.busy === 'number') return worker.busy === 1 ? '1 job' : `${worker.busy} jobs`;
  return isIdle(worker) ? 'idle' : 'busy';
}
