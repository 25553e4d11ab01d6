import type { StartRequest, StopRequest, WorkerPoolAdapter } from '../../core/adapter.ts';
import type { PoolObservation, WorkerId, WorkerState } from '../../core/observation.ts';
import { InvalidOptionError } from '../../errors.ts';
import { unlessAborted } from '../../unless-aborted.ts';
import { AbortWatch } from './abort-watch.ts';
import { PoolClosedError, WorkerLostError, WorkerStartError } from './errors.ts';
import { FlowMeter } from './flow-meter.ts';
import { JobQueue } from './job-queue.ts';
import {
  type CloseOptions,
  type JobPoolOptions,
  type JobPoolSettings,
  MAX_TIMER_MS,
  type PoolFault,
  type RunOptions,
  requireDuration,
  resolveSettings,
} from './options.ts';
import { PendingJob } from './pending-job.ts';
import { PoolWorker } from './pool-worker.ts';
import { Wakers } from './wakers.ts';
import type { WorkerTransport } from './worker-transport.ts';

/**
 * A queue of jobs and the workers that run them, of whatever kind. It has no workers of its own accord: a controller
 * starts and stops them through the methods of `WorkerPoolAdapter`, or the host does by hand.
 *
 * Every `run` settles exactly once: with the result, with the handler's error, with the reason of its signal, with
 * `WorkerLostError` or with `PoolClosedError`. A job whose worker died is run again (`onWorkerCrash`), so handlers
 * should bear a second run.
 *
 * Workers keep the process alive until they are stopped; `close` stops them all.
 */
export class JobPool<Job = unknown, Result = unknown> implements WorkerPoolAdapter {
  readonly #transport: WorkerTransport;
  readonly #settings: JobPoolSettings;
  readonly #queue = new JobQueue<Job, Result>();
  readonly #workers = new Map<WorkerId, PoolWorker<Job, Result>>();
  readonly #flow = new FlowMeter();
  readonly #aborts = new AbortWatch<PendingJob<Job, Result>>((job, reason) => this.#abandon(job, reason));
  readonly #wakers: Wakers;
  #launched = 0;
  #closed: Promise<void> | undefined;
  /** Set while a close waits for the jobs that are there. */
  #jobsEnded: (() => void) | undefined;

  constructor(transport: WorkerTransport, options: JobPoolOptions = {}) {
    this.#transport = transport;
    this.#settings = resolveSettings(options);
    this.#wakers = new Wakers((message) => this.#report({ code: 'listener-failed', message }));
  }

  /** Runs a job on the next free worker, first come first served. Settles with what the worker's handler returns. */
  run(job: Job, options: RunOptions = {}): Promise<Result> {
    if (options.transferList && !this.#transport.transfers) {
      const rule = `is not possible: a ${this.#transport.kind} cannot take buffers over`;
      throw new InvalidOptionError('transferList', rule, options.transferList);
    }
    if (this.#closed) return Promise.reject(new PoolClosedError());
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const unwatch = signal && ((settled: PendingJob<Job, Result>) => this.#aborts.unwatch(settled, signal));
    const pending = new PendingJob<Job, Result>(
      this.#flow.arrived(),
      job,
      options,
      performance.now(),
      unwatch,
    );
    if (signal) this.#aborts.watch(pending, signal);
    this.#queue.push(pending);
    this.#dispatch();
    this.#wakeIfLong();
    return pending.result;
  }

  /**
   * What the pool does now. Times are means over the last 15 seconds. Aborted jobs do not count as failed; one that
   * still keeps its slot counts as busy, as do the jobs of draining workers.
   */
  observe(): PoolObservation {
    const workers = [...this.#workers.values()];
    const count = (state: WorkerState): number => workers.filter((worker) => worker.state === state).length;
    const { slotsPerWorker } = this.#settings;
    return {
      ready: count('ready'),
      busy: workers.reduce((jobs, worker) => jobs + worker.running, 0) / slotsPerWorker,
      queued: this.#queue.size,
      starting: count('starting'),
      draining: count('draining'),
      slotsPerWorker,
      ...this.#flow.observe(),
      workers: workers.map((worker) => worker.observe()),
    };
  }

  /**
   * Starts one worker and settles with its id when it said that it is ready. Rejects with `WorkerStartError` when it
   * ends before, with the signal's reason when aborted (the worker is killed), with `PoolClosedError` after `close`.
   * Without a signal it waits as long as it takes. The worker finds its id in `FLYBALL_WORKER_ID` and, when it shall
   * skip its warm-up, `FLYBALL_SKIP_WARMUP=1` in its environment.
   */
  async startWorker(request: Partial<StartRequest> = {}, signal?: AbortSignal): Promise<WorkerId> {
    if (this.#closed) throw new PoolClosedError();
    signal?.throwIfAborted();
    const worker = this.#launch(request.skipWarmup ?? false);
    const cancel = (): void => void worker.kill(signal?.reason);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      await worker.ready;
      return worker.id;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /**
   * Stops one worker and settles when it is gone. Graceful (the default): after its jobs in flight. Otherwise at
   * once, and its jobs are run again or rejected as `onWorkerCrash` says, which does not count as an attempt. An
   * abort ends the waiting, not the stop. An unknown worker is gone already; a start is cancelled.
   */
  async stopWorker(id: WorkerId, request: Partial<StopRequest> = {}, signal?: AbortSignal): Promise<void> {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    const reason = new Error(request.reason ?? 'the worker is stopped');
    const gone = request.graceful === false ? worker.kill(reason) : worker.retire(reason);
    this.#endIfDone();
    await unlessAborted(gone, signal);
  }

  /**
   * Gives the worker no new jobs and settles when it is idle; it stays without jobs until it is stopped. Aborted: it
   * takes jobs again, and the drain rejects with the signal's reason. A worker that is gone is idle.
   */
  async drainWorker(id: WorkerId, signal?: AbortSignal): Promise<void> {
    const drained = this.#workers.get(id)?.drain(signal);
    this.#endIfDone();
    await drained;
  }

  /** Wakes when jobs wait and no worker will take them, when the queue has doubled, and when a worker died. */
  subscribe(wake: (reason: string) => void): () => void {
    return this.#wakers.add(wake);
  }

  /**
   * Takes no more jobs, lets those that are there end, then stops all workers. Jobs that no worker is left for, or
   * that take longer than `timeoutMs`, are rejected with `PoolClosedError`. A second call may shorten the time.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { timeoutMs = 30_000 } = options;
    requireDuration('timeoutMs', timeoutMs);
    this.#closed ??= this.#shutDown();
    if (timeoutMs === 0) this.#giveUp(timeoutMs);
    const timer = timeoutMs > MAX_TIMER_MS ? undefined : setTimeout(() => this.#giveUp(timeoutMs), timeoutMs);
    await this.#closed;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #launch(skipWarmup: boolean): PoolWorker<Job, Result> {
    this.#launched += 1;
    const id = `${this.#transport.kind}-${this.#launched}`;
    const env = { FLYBALL_WORKER_ID: id, ...(skipWarmup ? { FLYBALL_SKIP_WARMUP: '1' } : {}) };
    try {
      const worker = new PoolWorker<Job, Result>(id, this.#transport, env, this.#settings, {
        done: (job, result) => {
          this.#flow.ended(job, 'completed');
          job.resolve(result);
        },
        failed: (job, error) => {
          this.#flow.ended(job, 'failed');
          job.reject(error);
        },
        free: () => {
          this.#dispatch();
          this.#endIfDone();
        },
        gone: (jobs, cause, crashed) => this.#lose(id, jobs, cause, crashed),
        fault: (code, message) => this.#report({ code, worker: id, message }),
      });
      this.#workers.set(id, worker);
      return worker;
    } catch (error) {
      throw new WorkerStartError(id, error as Error);
    }
  }

  /** Gives waiting jobs to the workers with the most room. */
  #dispatch(): void {
    while (this.#queue.size > 0) {
      const worker = this.#freest();
      const job = worker && this.#queue.shift();
      if (!worker || !job) return;
      this.#wakers.jobLeft(this.#queue.size);
      try {
        job.startedAt = performance.now();
        worker.give(job);
        this.#flow.started(job);
      } catch (error) {
        this.#flow.lost();
        job.reject(error);
      }
    }
  }

  #freest(): PoolWorker<Job, Result> | undefined {
    let freest: PoolWorker<Job, Result> | undefined;
    for (const worker of this.#workers.values()) {
      if (worker.hasFreeSlot && worker.running < (freest?.running ?? Infinity)) freest = worker;
    }
    return freest;
  }

  /** The caller aborted. */
  #abandon(job: PendingJob<Job, Result>, reason: unknown): void {
    job.reject(reason);
    if (this.#queue.remove(job)) this.#wakers.jobLeft(this.#queue.size);
    else for (const worker of this.#workers.values()) worker.cancel(job);
    this.#endIfDone();
  }

  /** A worker has ended. Its jobs go back to the front of the queue, or are rejected. */
  #lose(id: WorkerId, jobs: readonly PendingJob<Job, Result>[], cause: Error, crashed: boolean): void {
    this.#workers.delete(id);
    const again = jobs.filter((job) => {
      if (job.settled) return false;
      if (crashed) job.crashes += 1;
      const objection = this.#objection(job);
      if (objection === undefined) return true;
      this.#flow.lost();
      job.reject(new WorkerLostError(id, job.crashes, objection, cause));
      return false;
    });
    this.#queue.unshift(again);
    this.#dispatch();
    if (crashed) {
      const message = `worker ${id} ${cause.message}; ${again.length} of its ${jobs.length} jobs run again`;
      this.#report({ code: 'worker-crashed', worker: id, message, error: cause });
      this.#wakers.call(`worker ${id} died, ${this.#queue.size} jobs wait`);
    } else if (again.length > 0) {
      this.#wakeIfLong();
    }
    this.#endIfDone();
  }

  /** Why a job whose worker was lost is not run again; `undefined`: it is. */
  #objection({ transferList, crashes }: PendingJob<Job, Result>): string | undefined {
    const { onWorkerCrash, maxAttempts } = this.#settings;
    if (onWorkerCrash === 'reject') return 'and is not tried again';
    if (transferList) return 'and the buffers that it took over with it';
    if (crashes >= maxAttempts) return `the last of ${maxAttempts} attempts`;
    return undefined;
  }

  #wakeIfLong(): void {
    if (this.#queue.size === 0) return;
    const workers = [...this.#workers.values()].filter(({ state }) => state !== 'draining');
    this.#wakers.jobsWait(this.#queue.size, workers.length * this.#settings.slotsPerWorker);
  }

  /** A host's listener must not bring the pool down. */
  #report(fault: PoolFault): void {
    try {
      this.#settings.onFault(fault);
    } catch {}
  }

  async #shutDown(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#jobsEnded = resolve;
      this.#endIfDone();
    });
    await Promise.all([...this.#workers.values()].map((worker) => worker.retire(new PoolClosedError())));
  }

  /** While closing: have the jobs ended, or is nobody left to run those that wait? */
  #endIfDone(): void {
    if (this.#jobsEnded === undefined) return;
    const workers = [...this.#workers.values()];
    if (workers.every(({ state }) => state === 'draining')) {
      this.#rejectWaiting('the pool was closed, and no worker was left for the job');
    }
    const busy = workers.some((worker) => worker.jobs.some((job) => !job.settled));
    if (!busy && this.#queue.size === 0) this.#jobsEnded();
  }

  #giveUp(timeoutMs: number): void {
    const why = `the pool was closed, and the job did not end within ${timeoutMs} ms`;
    this.#rejectWaiting(why);
    for (const worker of this.#workers.values()) {
      for (const job of worker.jobs) this.#reject(job, why);
      void worker.kill(new PoolClosedError());
    }
    this.#endIfDone();
  }

  #rejectWaiting(why: string): void {
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) this.#reject(job, why);
  }

  #reject(job: PendingJob<Job, Result>, why: string): void {
    if (job.settled) return;
    this.#flow.lost();
    job.reject(new PoolClosedError(why));
  }
}
