import type { Piscina } from 'piscina';
import type { ReplicaPoolAdapter } from '../core/adapter.ts';
import { InvalidOptionError } from '../errors.ts';

export interface PiscinaAdapterOptions {
  /**
   * How long a thread may have no job before it ends, ms; piscina's own default of 0 ends it at once. It is also how
   * long a pool that shrinks keeps its idle threads. Default 30,000.
   */
  readonly idleTimeoutMs?: number;
}

/**
 * Makes a piscina pool scalable: its size is `maxThreads`, the number of jobs that it runs at once. From now on the
 * adapter writes `maxThreads`, `minThreads` (the pool's own, or the size where that is smaller) and `idleTimeout`.
 *
 * ```js
 * // task.mjs
 * export default ({ text }) => text.toUpperCase();
 * ```
 *
 * ```ts
 * import { Piscina } from 'piscina';
 * import { ScalingController } from 'flyball';
 * import { piscinaAdapter } from 'flyball/adapters/piscina';
 *
 * const pool = new Piscina({ filename: new URL('./task.mjs', import.meta.url).href, minThreads: 1, maxThreads: 1 });
 * const controller = new ScalingController({ pools: [{ id: 'tasks', adapter: piscinaAdapter(pool), maxWorkers: 8 }] });
 * controller.start();
 * console.log(await pool.run({ text: 'hello' })); // HELLO
 * await controller.stop();
 * await pool.close();
 * ```
 *
 * What piscina does not allow:
 * - No thread can be chosen, drained or stopped. A smaller size starts no more threads; those that are there go when
 *   they have had no job for `idleTimeoutMs`. While jobs wait, a thread takes the next one, whatever the size is: such
 *   threads are reported as `draining`.
 * - A larger size starts its threads at once while none is idle; otherwise when jobs need them. They count as ready.
 * - `completed` counts all jobs that ended, failed ones too; jobs that were aborted while they waited are not counted.
 * - Nothing tells that a job waits: at size 0 it does so until the next tick.
 * - Threads that run several jobs at once cannot be counted rightly: `concurrentTasksPerWorker` must be 1.
 *
 * @throws InvalidOptionError
 */
export function piscinaAdapter(pool: Piscina, options: PiscinaAdapterOptions = {}): ReplicaPoolAdapter {
  const { idleTimeoutMs = 30_000 } = options;
  check(pool, idleTimeoutMs);
  const settings = pool.options;
  const ownMinThreads = settings.minThreads;
  settings.idleTimeout = idleTimeoutMs;
  // Piscina's default is one and a half threads a core.
  settings.maxThreads = Math.ceil(settings.maxThreads);
  /** Threads on their way for which no job waits, by their ids. */
  const spare = new Set<number>();
  pool.on('workerCreate', ({ id }: { id: number }) => spare.delete(id));
  pool.on('workerDestroy', ({ id }: { id: number }) => spare.delete(id));
  let isClosed = false;
  pool.once('close', () => {
    isClosed = true;
  });

  return {
    observe() {
      if (isClosed) throw new Error('the piscina pool is closed');
      const { completed, idleThreads, queueSize } = pool;
      const { maxThreads } = settings;
      const threads = pool.threads.length;
      return {
        ready: maxThreads,
        draining: Math.max(0, threads - maxThreads),
        // A thread that piscina starts has a job waiting for it, which is left out of `queueSize` already.
        busy: threads - idleThreads - spare.size,
        queued: queueSize,
        completed,
      };
    },

    async scaleTo(size, signal) {
      signal.throwIfAborted();
      settings.maxThreads = size;
      settings.minThreads = Math.min(ownMinThreads, size);
      startThreads(pool, spare);
    },
  };
}

/**
 * A larger `maxThreads` by itself starts nothing until a job comes or ends, which with long jobs may be long. But a job
 * that finds no idle thread starts one, also if it is taken back in the same breath. With an idle thread it would be
 * run there, and its abort would kill the thread: then nothing is done, and the next jobs start what they need.
 */
function startThreads(pool: Piscina, spare: Set<number>): void {
  const { maxThreads, filename, loadBalancer } = pool.options;
  // A balancer of the host may give a job to a thread that is not idle.
  if (loadBalancer !== undefined) return;
  for (
    let waiting = pool.queueSize;
    pool.threads.length < maxThreads && pool.idleThreads === 0;
    waiting -= 1
  ) {
    const before = new Set(pool.threads);
    const takenBack = new AbortController();
    pool.run(undefined, { filename: filename ?? 'never-run', signal: takenBack.signal }).catch(() => {});
    takenBack.abort();
    const started = pool.threads.find((thread) => !before.has(thread));
    if (started === undefined) return; // the queue is full: piscina refuses the job
    if (waiting <= 0) spare.add(started.threadId);
  }
}

function check(pool: Piscina, idleTimeoutMs: number): void {
  if (typeof pool?.run !== 'function' || typeof pool.options?.maxThreads !== 'number') {
    throw new InvalidOptionError('pool', 'must be a Piscina', pool);
  }
  const { concurrentTasksPerWorker } = pool.options;
  if (concurrentTasksPerWorker !== 1) {
    throw new InvalidOptionError(
      'pool.options.concurrentTasksPerWorker',
      'must be 1',
      concurrentTasksPerWorker,
    );
  }
  if (!(Number.isFinite(idleTimeoutMs) && idleTimeoutMs >= 0)) {
    throw new InvalidOptionError('idleTimeoutMs', 'must be a number of at least 0', idleTimeoutMs);
  }
}
