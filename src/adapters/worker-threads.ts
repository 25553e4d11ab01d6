import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { WorkerOptions } from 'node:worker_threads';
import { InvalidOptionError } from '../errors.ts';
import { JobPool } from './job-pool/job-pool.ts';
import type { JobPoolOptions } from './job-pool/options.ts';
import { ThreadTransport } from './worker-threads/thread-transport.ts';

export { PoolClosedError, WorkerLostError, WorkerStartError } from './job-pool/errors.ts';
export type { JobPool } from './job-pool/job-pool.ts';
export type { CloseOptions, JobPoolOptions, PoolFault, RunOptions } from './job-pool/options.ts';
export type { FromWorker, ToWorker, WireError } from './job-pool/protocol.ts';
export type { JobContext, JobHandler, ServeOptions } from './job-pool/serve-jobs.ts';
export { serve, type ThreadServeOptions } from './worker-threads/serve.ts';

export interface WorkerThreadsPoolOptions extends JobPoolOptions {
  /** The worker's file: a URL (`new URL('./worker.js', import.meta.url)`), or a path from the working directory. */
  readonly file: string | URL;
  /** Passed on to `new Worker`: workerData, resourceLimits, execArgv, env, … */
  readonly worker?: WorkerOptions;
}

/**
 * A pool of worker threads, to be used as it is and to be scaled as it is: it is its own adapter.
 *
 * ```ts
 * import { ScalingController } from 'flyball';
 * import { WorkerThreadsPool } from 'flyball/adapters/worker-threads';
 *
 * const pool = new WorkerThreadsPool<{ text: string }, string>({ file: new URL('./thread.mjs', import.meta.url) });
 * const controller = new ScalingController({ pools: [{ id: 'shout', adapter: pool, maxWorkers: 8 }] });
 * controller.start();
 * console.log(await pool.run({ text: 'hello' })); // HELLO
 * ```
 */
export class WorkerThreadsPool<Job = unknown, Result = unknown> extends JobPool<Job, Result> {
  /** @throws InvalidOptionError */
  constructor(options: WorkerThreadsPoolOptions) {
    super(new ThreadTransport(fileUrl(options.file), options.worker ?? {}), options);
  }
}

function fileUrl(file: unknown): URL {
  if (file instanceof URL) return file;
  if (typeof file !== 'string' || file === '') {
    throw new InvalidOptionError('file', "must be the worker's URL or path", file);
  }
  return file.startsWith('file:') ? new URL(file) : pathToFileURL(resolve(file));
}
