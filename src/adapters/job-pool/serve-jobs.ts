import { type FromWorker, type ToWorker, toWireError } from './protocol.ts';

/** What a handler is told besides its job. */
export interface JobContext {
  /** Aborted when the caller lost interest in this job. */
  readonly signal: AbortSignal;
}

/** Runs one job, inside a worker. What it throws, `run` rejects with in the pool. */
export type JobHandler<Job, Result> = (job: Job, context: JobContext) => Result | Promise<Result>;

export interface ServeOptions {
  /**
   * Makes the worker quick (fills caches, loads models) before it is ready. Skipped in an emergency, so the handler
   * must work without it. When it throws, the start has failed.
   */
  readonly warmUp?: () => void | Promise<void>;
  /** Cleans up when the worker is asked to end; it has no job then. */
  readonly onStop?: () => void | Promise<void>;
}

/** The worker's end of a channel to its pool. */
export interface WorkerChannel {
  post(message: FromWorker): void;
  receive(listener: (message: ToWorker) => void): void;
  /** What the worker holds in memory, where the pool cannot see it by itself. */
  memoryBytes?(): number;
}

const MEMORY_EVERY_MS = 1_000;

/** Serves jobs over a channel: the half of the protocol that runs in the worker. */
export function serveJobs<Job, Result>(
  channel: WorkerChannel,
  handle: JobHandler<Job, Result>,
  options: ServeOptions & { stopped?: () => void } = {},
): void {
  const running = new Map<number, AbortController>();
  let memoryAt = -Infinity;

  const memory = (): { memoryBytes?: number } => {
    const now = performance.now();
    if (channel.memoryBytes === undefined || now - memoryAt < MEMORY_EVERY_MS) return {};
    memoryAt = now;
    return { memoryBytes: channel.memoryBytes() };
  };

  const run = async (id: number, job: Job): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const result = await handle(job, { signal: controller.signal });
      channel.post({ type: 'done', id, result, ...memory() });
    } catch (error) {
      // The handler threw, or its result cannot be serialised.
      channel.post({ type: 'failed', id, error: toWireError(error), ...memory() });
    } finally {
      running.delete(id);
    }
  };

  const start = async (): Promise<void> => {
    if (process.env.FLYBALL_SKIP_WARMUP !== '1') await options.warmUp?.();
    channel.receive((message) => {
      if (message.type === 'job') void run(message.id, message.job as Job);
      else if (message.type === 'cancel') running.get(message.id)?.abort();
      else if (message.type === 'stop') void stop();
    });
    channel.post({ type: 'ready', ...(options.onStop ? { stops: true } : {}) });
  };

  const stop = async (): Promise<void> => {
    await options.onStop?.();
    options.stopped?.();
  };

  void start();
}
