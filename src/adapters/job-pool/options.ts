import type { WorkerId } from '../../core/observation.ts';
import { InvalidOptionError } from '../../errors.ts';

/** What all pools of workers have in common. */
export interface JobPoolOptions {
  /** Jobs that one worker runs at once. Default 1. */
  readonly slotsPerWorker?: number;
  /**
   * What happens to the jobs of a worker that dies. `requeue`: they go back to the front of the queue, so a job may
   * run more than once. `reject`: their `run` rejects with `WorkerLostError`. Default `requeue`.
   */
  readonly onWorkerCrash?: 'requeue' | 'reject';
  /**
   * Runs of one job that may end with the death of its worker, before it is held to be the reason and rejected.
   * Default 3.
   */
  readonly maxAttempts?: number;
  /** From asking an idle worker to end until it is killed, ms. Default 5,000. */
  readonly stopGraceMs?: number;
  /**
   * From the abort of a running job until its worker is replaced because the job would not end, ms. The worker takes
   * no new job from then on and is killed as soon as it runs nothing but aborted ones. `Infinity` = never.
   * Default 5,000.
   */
  readonly abortGraceMs?: number;
  /** Told what goes wrong with workers outside of any call: to be logged. Default: nobody. */
  readonly onFault?: (fault: PoolFault) => void;
}

/** Something that went wrong with a worker. */
export interface PoolFault {
  /**
   * `worker-crashed`: it ended by itself. `worker-stuck`: an aborted job would not end. `invalid-message`: it sent
   * what is not in the protocol (ignored). `listener-failed`: a wake listener threw.
   */
  readonly code: 'worker-crashed' | 'worker-stuck' | 'invalid-message' | 'listener-failed';
  readonly worker?: WorkerId;
  /** A sentence with the figures. */
  readonly message: string;
  readonly error?: Error;
}

export interface RunOptions {
  /** Aborts the job, waiting or running: `run` rejects with the signal's reason at once. */
  readonly signal?: AbortSignal;
  /**
   * Buffers and ports to hand over instead of copying them; worker threads only. They are gone from the caller, so
   * such a job is not tried again when its worker dies: its `run` rejects.
   */
  readonly transferList?: readonly object[];
}

export interface CloseOptions {
  /** How long the jobs that are there may still take, ms; then they are rejected. 0 = now. Default 30,000. */
  readonly timeoutMs?: number;
}

/** A longer delay makes Node's timers fire at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

export type JobPoolSettings = Required<JobPoolOptions>;

export function resolveSettings(options: JobPoolOptions): JobPoolSettings {
  const settings: JobPoolSettings = {
    slotsPerWorker: options.slotsPerWorker ?? 1,
    onWorkerCrash: options.onWorkerCrash ?? 'requeue',
    maxAttempts: options.maxAttempts ?? 3,
    stopGraceMs: options.stopGraceMs ?? 5_000,
    abortGraceMs: options.abortGraceMs ?? 5_000,
    onFault: options.onFault ?? (() => {}),
  };
  requireCount('slotsPerWorker', settings.slotsPerWorker);
  requireCount('maxAttempts', settings.maxAttempts);
  requireDuration('stopGraceMs', settings.stopGraceMs);
  requireDuration('abortGraceMs', settings.abortGraceMs);
  if (settings.onWorkerCrash !== 'requeue' && settings.onWorkerCrash !== 'reject') {
    throw new InvalidOptionError('onWorkerCrash', "must be 'requeue' or 'reject'", settings.onWorkerCrash);
  }
  if (typeof settings.onFault !== 'function') {
    throw new InvalidOptionError('onFault', 'must be a function', settings.onFault);
  }
  return settings;
}

function requireCount(field: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new InvalidOptionError(field, 'must be a whole number of at least 1', value);
  }
}

export function requireDuration(field: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new InvalidOptionError(field, 'must be a number of milliseconds, 0 or more', value);
  }
}
