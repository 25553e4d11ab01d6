import { type Decision, type PoolOptions, ScalingController } from 'flyball';
import { WorkerThreadsPool } from 'flyball/adapters/worker-threads';
import type { DemoJob } from './load.ts';

/** How long a worker takes to load before it serves. */
const STARTUP_MS = 1_000;
const INTERVAL_MS = 250;
const SAMPLE_MS = 100;

export interface SideOptions {
  readonly name: string;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Default: flyball's. */
  readonly policy?: NonNullable<PoolOptions['policy']>;
}

export interface SideSummary {
  readonly jobs: { readonly submitted: number; readonly completed: number; readonly lost: number };
  readonly workers: {
    readonly min: number;
    readonly max: number;
    readonly peak: number;
    readonly end: number;
  };
  readonly waitMs: { readonly p50: number; readonly p95: number };
  readonly workerSeconds: number;
  readonly changes: number;
}

/** What a pool does at this moment. */
export interface SideState {
  readonly ready: number;
  readonly starting: number;
  readonly busy: number;
  readonly queued: number;
  /** Of the last 200 jobs, ms. */
  readonly p95: number;
  /** Of the jobs that began since the last look, ms. */
  readonly longestWaitMs: number;
  readonly workerSeconds: number;
}

/** One pool with its controller: flyball's, or a static one (its bounds leave it no choice). */
export class Side {
  readonly name: string;
  readonly maxWorkers: number;
  /** Workers that the chaos monkey has killed. */
  killed = 0;
  /** Those that changed the size, with the time since the pool was opened. */
  readonly decisions: { readonly atMs: number; readonly decision: Decision }[] = [];
  readonly controller: ScalingController;
  readonly #pool: WorkerThreadsPool<Omit<DemoJob, 'at'>, { startedAt: number }>;
  readonly #chaos = new BroadcastChannel('chaos');
  readonly #options: SideOptions;
  readonly #waits: number[] = [];
  readonly #pending = new Set<Promise<void>>();
  #submitted = 0;
  #completed = 0;
  #peak = 0;
  #end = 0;
  #workerMs = 0;
  #openedAt = 0;
  #sampledAt = 0;
  #longestWaitMs = 0;
  #sampler: NodeJS.Timeout | undefined;

  constructor(options: SideOptions) {
    const { name, minWorkers, maxWorkers, policy = 'adaptive' } = options;
    this.name = name;
    this.maxWorkers = maxWorkers;
    this.#options = options;
    this.#pool = new WorkerThreadsPool({
      file: new URL('./worker.mjs', import.meta.url),
      worker: { workerData: { side: name, startupMs: STARTUP_MS }, execArgv: [] },
      maxAttempts: 20,
    });
    this.controller = new ScalingController({
      pools: [{ id: name, adapter: this.#pool, policy, minWorkers, maxWorkers }],
      intervalMs: INTERVAL_MS,
    });
    this.controller.on('scaled', ({ decision }) => {
      this.decisions.push({ atMs: performance.now() - this.#openedAt, decision });
    });
  }

  /** Starts with the smallest size and waits until it stands. */
  async open(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.minWorkers }, () => this.#pool.startWorker()));
    this.#openedAt = this.#sampledAt = performance.now();
    this.controller.start();
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  submit({ computeMs, waitMs }: DemoJob): void {
    const submittedAt = performance.timeOrigin + performance.now();
    this.#submitted++;
    const job = this.#pool.run({ computeMs, waitMs }).then(
      ({ startedAt }) => {
        this.#completed++;
        const waitMs = Math.max(0, startedAt - submittedAt);
        this.#waits.push(waitMs);
        this.#longestWaitMs = Math.max(this.#longestWaitMs, waitMs);
      },
      () => {}, // lost: what was submitted and not completed
    );
    this.#pending.add(job);
    void job.finally(() => this.#pending.delete(job));
  }

  /** Pulls the plug of a busy worker. */
  killOne(): void {
    const victims =
      this.#pool.observe().workers?.filter(({ state, busy }) => state === 'ready' && busy) ?? [];
    const victim = victims[Math.floor(victims.length / 2)];
    if (victim === undefined) return;
    this.killed++;
    this.#chaos.postMessage(`${this.name}/${victim.id}`);
  }

  now(): SideState {
    const { ready, starting = 0, busy, queued } = this.#pool.observe();
    const longestWaitMs = this.#longestWaitMs;
    this.#longestWaitMs = 0;
    const p95 = percentile(this.#waits.slice(-200), 0.95);
    return { ready, starting, busy, queued, p95, longestWaitMs, workerSeconds: this.#workerMs / 1_000 };
  }

  /** Lets all jobs end, then closes the pool. */
  async close(): Promise<void> {
    await Promise.all(this.#pending);
    this.#sample();
    this.#end = this.#pool.observe().ready + (this.#pool.observe().starting ?? 0);
    clearInterval(this.#sampler);
    await this.controller.stop();
    await this.#pool.close();
    this.#chaos.close();
  }

  summary(): SideSummary {
    const { minWorkers, maxWorkers } = this.#options;
    return {
      jobs: {
        submitted: this.#submitted,
        completed: this.#completed,
        lost: this.#submitted - this.#completed,
      },
      workers: { min: minWorkers, max: maxWorkers, peak: this.#peak, end: this.#end },
      waitMs: {
        p50: Math.round(percentile(this.#waits, 0.5)),
        p95: Math.round(percentile(this.#waits, 0.95)),
      },
      workerSeconds: Math.round(this.#workerMs / 1_000),
      changes: this.decisions.length,
    };
  }

  #sample(): void {
    const { ready, starting = 0, draining = 0 } = this.#pool.observe();
    const now = performance.now();
    this.#workerMs += (now - this.#sampledAt) * (ready + starting + draining);
    this.#sampledAt = now;
    this.#peak = Math.max(this.#peak, ready + starting);
  }
}

/** Workers that a static pool needs for a load: its square-root staffing. */
export function staticSize(load: number): number {
  return Math.ceil(load + Math.sqrt(load));
}

function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}
