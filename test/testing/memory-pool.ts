import { systemClock } from '../../src/clock.ts';
import type { StartRequest, StopRequest, WorkerPoolAdapter } from '../../src/core/adapter.ts';
import type { PoolObservation, WorkerId } from '../../src/core/observation.ts';

interface Job {
  readonly durationMs: number;
  readonly end: () => void;
}

interface MemoryWorker {
  state: 'starting' | 'ready' | 'draining';
  job?: Job | undefined;
  timer?: NodeJS.Timeout;
  idle?: (() => void) | undefined;
}

/** The smallest sound pool: workers of one slot that do nothing but take time. Tests break one part of it each. */
export class MemoryPool implements WorkerPoolAdapter {
  protected readonly drainedTakeJobs: boolean = false;
  readonly #workers = new Map<WorkerId, MemoryWorker>();
  readonly #queue: Job[] = [];
  readonly #wakers = new Set<(reason: string) => void>();
  #launched = 0;
  #arrived = 0;
  #completed = 0;

  get lastId(): WorkerId {
    return `worker-${this.#launched}`;
  }

  has(id: WorkerId): boolean {
    return this.#workers.has(id);
  }

  submit(durationMs: number): Promise<void> {
    this.#arrived += 1;
    const job = new Promise<void>((resolve) => this.#queue.push({ durationMs, end: resolve }));
    if (this.#workers.size === 0) for (const wake of this.#wakers) wake('a job came at zero workers');
    this.#dispatch();
    return job;
  }

  observe(): PoolObservation {
    const workers = [...this.#workers.values()];
    const count = (state: MemoryWorker['state']): number =>
      workers.filter((worker) => worker.state === state).length;
    return {
      ready: count('ready'),
      starting: count('starting'),
      draining: count('draining'),
      busy: workers.filter((worker) => worker.job && worker.state === 'ready').length,
      queued: this.#queue.length,
      arrived: this.#arrived,
      completed: this.#completed,
    };
  }

  async startWorker(_request: StartRequest, signal: AbortSignal): Promise<WorkerId> {
    signal.throwIfAborted();
    this.#launched += 1;
    const id = this.lastId;
    const worker: MemoryWorker = { state: 'starting' };
    this.#workers.set(id, worker);
    try {
      await systemClock.sleep(20, signal);
    } catch (error) {
      this.#workers.delete(id);
      throw error;
    }
    worker.state = 'ready';
    this.#dispatch();
    return id;
  }

  async stopWorker(id: WorkerId, { graceful }: StopRequest): Promise<void> {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    if (graceful) await this.#idle(worker);
    clearTimeout(worker.timer);
    this.#workers.delete(id);
    if (worker.job) this.requeue(worker.job);
  }

  async drainWorker(id: WorkerId, signal: AbortSignal): Promise<void> {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.undrain(worker);
        reject(signal.reason);
      });
      void this.#idle(worker).then(resolve);
    });
  }

  subscribe(wake: (reason: string) => void): () => void {
    this.#wakers.add(wake);
    return () => void this.#wakers.delete(wake);
  }

  protected requeue(job: Job): void {
    this.#queue.unshift(job);
    this.#dispatch();
  }

  protected undrain(worker: MemoryWorker): void {
    worker.state = 'ready';
    this.#dispatch();
  }

  #idle(worker: MemoryWorker): Promise<void> {
    worker.state = 'draining';
    if (worker.job === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      worker.idle = resolve;
    });
  }

  #dispatch(): void {
    for (const worker of this.#workers.values()) {
      const takes = worker.state === 'ready' || (worker.state === 'draining' && this.drainedTakeJobs);
      if (!takes || worker.job) continue;
      const job = this.#queue.shift();
      if (job === undefined) return;
      worker.job = job;
      worker.timer = setTimeout(() => {
        worker.job = undefined;
        this.#completed += 1;
        job.end();
        worker.idle?.();
        this.#dispatch();
      }, job.durationMs);
    }
  }
}
