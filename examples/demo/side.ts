import { type Decision, ScalingController } from 'flyball';
import { WorkerThreadsPool } from 'flyball/adapters/worker-threads';
import type { DemoJob } from './load.ts';

/** How long a worker takes to load before it serves. */
const STARTUP_MS = 1_000;
const INTERVAL_MS = 500;
const SAMPLE_MS = 100;

export interface SideOptions {
  readonly name: string;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly policy?: 'adaptive' | 'conservative' | 'aggressive' | 'cost-optimized' | 'high-performance';
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

/** One pool with its controller: flyball's, or a static one (its bounds leave it no choice). */
export class Side {
  readonly name: string;
  readonly decisions: Decision[] = [];
  readonly controller: ScalingController;
  readonly #pool: WorkerThreadsPool<Omit<DemoJob, 'at'>, { startedAt: number }>;
  readonly #chaos = new BroadcastChannel('chaos');
  readonly #options: SideOptions;
  readonly #waits: number[] = [];
  readonly #pending = new Set<Promise<void>>();
  #submitted = 0;
  #completed = 0;
  #lost = 0;
  #peak = 0;
  #end = 0;
  #workerMs = 0;
  #changes = 0;
  #sampler: NodeJS.Timeout | undefined;

  constructor(options: SideOptions) {
    const { name, minWorkers, maxWorkers, policy = 'adaptive' } = options;
    this.name = name;
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
      this.decisions.push(decision);
      this.#changes++;
    });
  }

  /** Starts with the smallest size and waits until it stands. */
  async open(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.minWorkers }, () => this.#pool.startWorker()));
    this.controller.start();
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  submit({ computeMs, waitMs }: DemoJob): void {
    const submittedAt = performance.timeOrigin + performance.now();
    this.#submitted++;
    const job = this.#pool.run({ computeMs, waitMs }).then(
      ({ startedAt }) => {
        this.#completed++;
        this.#waits.push(Math.max(0, startedAt - submittedAt));
      },
      () => {
        this.#lost++;
      },
    );
    this.#pending.add(job);
    void job.finally(() => this.#pending.delete(job));
  }

  /** Pulls the plug of a busy worker. */
  killOne(): void {
    const victims =
      this.#pool.observe().workers?.filter(({ state, busy }) => state === 'ready' && busy) ?? [];
    const victim = victims[Math.floor(victims.length / 2)];
    if (victim !== undefined) this.#chaos.postMessage(`${this.name}/${victim.id}`);
  }

  now(): { ready: number; starting: number; busy: number; queued: number; p95: number } {
    const { ready, starting = 0, busy, queued } = this.#pool.observe();
    return { ready, starting, busy, queued, p95: percentile(this.#waits.slice(-200), 0.95) };
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
      changes: this.#changes,
    };
  }

  #sample(): void {
    const { ready, starting = 0, draining = 0 } = this.#pool.observe();
    this.#workerMs += SAMPLE_MS * (ready + starting + draining);
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
