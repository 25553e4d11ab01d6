import { getHeapStatistics } from 'node:v8';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { type JobHandler, type ServeOptions, serveJobs } from '../job-pool/serve-jobs.ts';

export interface ThreadServeOptions extends ServeOptions {
  /** The port to the pool. Default: the thread's own. */
  readonly port?: MessagePort;
}

/**
 * Makes this file a worker of a `WorkerThreadsPool`: says that it is ready, then runs `handle` for each job.
 *
 * ```js
 * // thread.mjs
 * import { serve } from 'flyball/adapters/worker-threads';
 *
 * serve(async ({ text }, { signal }) => {
 *   signal.throwIfAborted();
 *   return text.toUpperCase();
 * });
 * ```
 *
 * @throws Error when it is not called inside a worker thread.
 */
export function serve<Job = unknown, Result = unknown>(
  handle: JobHandler<Job, Result>,
  options: ThreadServeOptions = {},
): void {
  const port = options.port ?? parentPort;
  if (port === null) throw new Error('serve() must be called inside a worker thread');
  serveJobs(
    {
      post: (message) => port.postMessage(message),
      receive: (listener) => void port.on('message', listener),
      memoryBytes: () => {
        const { used_heap_size, external_memory } = getHeapStatistics();
        return used_heap_size + external_memory;
      },
    },
    handle,
    { ...options, stopped: () => port.close() },
  );
}
