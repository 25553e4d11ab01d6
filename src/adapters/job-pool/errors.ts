import type { WorkerId } from '../../core/observation.ts';

/** A worker ended before it was ready. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
  readonly worker: WorkerId;

  constructor(worker: WorkerId, cause: Error) {
    super(`worker ${worker} ended before it was ready: ${cause.message}`, { cause });
    this.worker = worker;
  }
}

/** The job's worker died, or was stopped at once, and the job is not tried again. */
export class WorkerLostError extends Error {
  override readonly name = 'WorkerLostError';
  readonly worker: WorkerId;
  /** Crashes of workers that this job has seen; 0 when its worker was stopped on purpose. */
  readonly crashes: number;

  constructor(worker: WorkerId, crashes: number, why: string, cause: Error) {
    super(`worker ${worker} was lost while it ran the job, ${why}: ${cause.message}`, { cause });
    this.worker = worker;
    this.crashes = crashes;
  }
}

/** The pool is closed, or was closed before the job could end. */
export class PoolClosedError extends Error {
  override readonly name = 'PoolClosedError';

  constructor(what = 'the pool is closed') {
    super(what);
  }
}
