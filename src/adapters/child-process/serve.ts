import { type JobHandler, type ServeOptions, serveJobs } from '../job-pool/serve-jobs.ts';

/**
 * Makes this script a worker of a `ChildProcessPool` over Node's IPC: says that it is ready, then runs `handle` for
 * each job. It exits when the pool's process is gone.
 *
 * ```js
 * // process.mjs
 * import { serve } from 'flyball/adapters/child-process';
 *
 * serve(async ({ text }, { signal }) => {
 *   signal.throwIfAborted();
 *   return text.toUpperCase();
 * });
 * ```
 *
 * @throws Error when the process was not spawned with an IPC channel.
 */
export function serve<Job = unknown, Result = unknown>(
  handle: JobHandler<Job, Result>,
  options: ServeOptions = {},
): void {
  if (process.send === undefined) throw new Error('serve() must be called in a process with an IPC channel');
  const exit = (): void => process.exit();
  process.once('disconnect', exit);
  const { onStop } = options;
  if (onStop) process.once('SIGTERM', () => void Promise.resolve(onStop()).finally(exit));
  serveJobs(
    {
      post: (message) => void process.send?.(message),
      receive: (listener) => void process.on('message', listener),
    },
    handle,
    options,
  );
}
