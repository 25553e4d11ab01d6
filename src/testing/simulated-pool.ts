import type { StartRequest, StopRequest, WorkerPoolAdapter } from '../core/adapter.ts';
import type { PoolObservation, WorkerId, WorkerObservation } from '../core/observation.ts';
import { Crew, type SimulatedWorker } from './crew.ts';
import type { Distribution } from './distributions.ts';
import type { JobEngine, JobTotals } from './job-engine.ts';
import { Random } from './random.ts';
import { RecentMeans } from './recent-means.ts';
import {
  engineOf,
  type PoolUsage,
  type ResolvedPool,
  resolveSimulatedPool,
  type SimulatedPoolOptions,
} from './simulated-pool-options.ts';
import { type SimulatedReplicas, simulatedReplicas } from './simulated-replicas.ts';
import type { Workload } from './workload.ts';

const HOUR_MS = 3_600_000;

/**
 * A worker pool that exists in numbers only: jobs arrive as a workload says, wait in one queue and are served by
 * workers that take their time to start, and may fail to. It implements the adapter of a real pool, so whatever
 * scales a real pool can scale it. It runs no timers of its own: each call first plays what has happened since
 * the one before.
 */
export class SimulatedPool implements WorkerPoolAdapter {
  readonly #options: ResolvedPool;
  /** Monotonic time of the clock when the pool began: a jump of wall time does not touch the pool. */
  readonly #origin: number;
  readonly #engine: JobEngine;
  readonly #crew = new Crew();
  readonly #recent = new RecentMeans();
  readonly #starts: Random;
  readonly #crashes: Random;
  /** Up to when everything has been played, ms of the pool's time. */
  #played = 0;
  #nextCrash = Number.POSITIVE_INFINITY;
  #crashed = 0;
  #failedStarts = 0;

  /** @throws {InvalidOptionError} when an option breaks its rule. */
  constructor(options: SimulatedPoolOptions) {
    this.#options = resolveSimulatedPool(options);
    this.#origin = options.clock.monotonic();
    const random = new Random(this.#options.seed);
    this.#starts = random.stream(1);
    this.#crashes = random.stream(2);
    this.#engine = engineOf(this.#options, random.stream(3));
    for (let i = 0; i < this.#options.initialWorkers; i++) this.#admitReady();
  }

  observe(): PoolObservation {
    this.#sync();
    const { totals, queued, runningOnOpen } = this.#engine;
    const { starting, ready, draining } = this.#crew.counts;
    const recent = this.#recent.of(totals, this.#played);
    const observation: PoolObservation = {
      ready,
      busy: runningOnOpen / this.slotsPerWorker,
      queued,
      starting,
      draining,
      slotsPerWorker: this.slotsPerWorker,
      arrived: totals.arrived,
      completed: totals.completed,
      failed: totals.failed + totals.lost,
    };
    return Object.assign(observation, recent, this.#options.reportWorkers && { workers: this.workers() });
  }

  async startWorker(request: StartRequest, signal: AbortSignal): Promise<WorkerId> {
    signal.throwIfAborted();
    this.#sync();
    const { clock, startup, warmup, startHangRatio, startFailureRatio } = this.#options;
    const worker = this.#crew.admit(clock.now());
    // Always the same number of draws, so that what one start does leaves the fate of the later ones alone.
    const fate = this.#starts.next();
    const startupMs = startup.sample(this.#starts);
    const warmupMs = warmup.sample(this.#starts);
    const hangs = fate < startHangRatio;
    const fails = !hangs && fate < startHangRatio + startFailureRatio;
    const takesMs = hangs ? Number.POSITIVE_INFINITY : startupMs + (request.skipWarmup ? 0 : warmupMs);
    try {
      await clock.sleep(takesMs, signal);
    } catch (reason) {
      this.#sync();
      this.#dismiss(worker);
      throw reason;
    }
    this.#sync();
    if (!this.#crew.has(worker)) {
      throw new Error(`simulated worker ${worker.id} was stopped while it started`);
    }
    if (fails) {
      this.#dismiss(worker);
      this.#failedStarts++;
      throw new Error(`start of simulated worker ${worker.id} failed`);
    }
    this.#open(worker);
    return worker.id;
  }

  async drainWorker(id: WorkerId, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#sync();
    const worker = this.#crew.find(id);
    if (worker === undefined) return;
    if (worker.state === 'starting') throw new Error(`simulated worker ${id} is still starting`);
    try {
      await this.#idle(worker, signal);
    } catch (reason) {
      this.#sync();
      if (this.#crew.has(worker) && worker.state === 'draining') this.#open(worker);
      throw reason;
    }
  }

  async stopWorker(id: WorkerId, request: StopRequest, signal: AbortSignal): Promise<void> {
    this.#sync();
    const worker = this.#crew.find(id);
    if (worker === undefined) return;
    // Aborted, it goes on draining, and a later stop that is not graceful ends it.
    if (request.graceful && worker.state !== 'starting') await this.#idle(worker, signal);
    this.#dismiss(worker);
  }

  /**
   * The same pool as an orchestrator would offer it: asked for a size, it starts, drains and replaces workers by
   * itself. Use either this or the pool's own methods.
   */
  replicas(): SimulatedReplicas {
    return simulatedReplicas(this, this.#options.clock);
  }

  /** Every worker there is, in the order in which they were started. */
  workers(): WorkerObservation[] {
    this.#sync();
    const observed: WorkerObservation[] = [];
    for (const { id, index, state, startedAt } of this.#crew) {
      observed.push({ id, state, startedAt, busy: state === 'starting' ? 0 : this.#engine.runningOn(index) });
    }
    return observed;
  }

  get workload(): Workload {
    return this.#options.workload;
  }

  get serviceTime(): Distribution {
    return this.#options.service;
  }

  get startup(): Distribution {
    return this.#options.startup;
  }

  get slotsPerWorker(): number {
    return this.#options.slotsPerWorker;
  }

  /** A wait longer than this is late, ms. */
  get objectiveMs(): number {
    return this.#options.objectiveMs;
  }

  /** Ready and starting workers. */
  get size(): number {
    return this.ready + this.#crew.counts.starting;
  }

  get ready(): number {
    this.#sync();
    return this.#crew.counts.ready;
  }

  /** Jobs that wait. */
  get queued(): number {
    this.#sync();
    return this.#engine.queued;
  }

  /** Jobs in service. */
  get running(): number {
    this.#sync();
    return this.#engine.running;
  }

  /** Counts and sums since the pool began; live, not a copy. */
  get totals(): Readonly<JobTotals> {
    this.#sync();
    return this.#engine.totals;
  }

  /** Jobs that have waited longer than the objective and wait still. */
  get lateInQueue(): number {
    this.#sync();
    return this.#engine.lateInQueue();
  }

  /** What the pool has cost and done so far. */
  usage(): PoolUsage {
    this.#sync();
    return {
      workerSeconds: this.#crew.paidMs / 1000,
      readySeconds: this.#crew.readyMs / 1000,
      busySeconds: this.#engine.totals.serviceMs / this.slotsPerWorker / 1000,
      crashes: this.#crashed,
      failedStarts: this.#failedStarts,
    };
  }

  #now(): number {
    return this.#options.clock.monotonic() - this.#origin;
  }

  /** Plays what has happened up to now, crashes included. */
  #sync(): void {
    const now = this.#now();
    while (this.#nextCrash <= now) this.#crash(this.#nextCrash);
    if (now > this.#played) this.#play(now);
  }

  #play(to: number): void {
    this.#engine.advanceTo(to);
    this.#crew.pay(to - this.#played);
    this.#played = to;
  }

  #admitReady(): void {
    this.#open(this.#crew.admit(this.#options.clock.now()));
  }

  /** The worker serves from now on. */
  #open(worker: SimulatedWorker): void {
    this.#crew.move(worker, 'ready');
    this.#engine.open(worker.index);
    const { crashesPerHour } = this.#options;
    if (crashesPerHour === 0 || worker.crashAt !== Number.POSITIVE_INFINITY) return;
    worker.crashAt = this.#now() + this.#crashes.exponential(HOUR_MS / crashesPerHour);
    this.#nextCrash = Math.min(this.#nextCrash, worker.crashAt);
  }

  /** The worker takes no more jobs; settles when it has none. */
  async #idle(worker: SimulatedWorker, signal: AbortSignal): Promise<void> {
    this.#crew.move(worker, 'draining');
    const leftMs = this.#engine.close(worker.index) - this.#now();
    if (leftMs <= 0) return;
    await this.#options.clock.sleep(leftMs, signal);
    this.#sync();
  }

  #dismiss(worker: SimulatedWorker): void {
    if (this.#crew.dismiss(worker)) this.#engine.remove(worker.index);
  }

  #crash(at: number): void {
    this.#play(at);
    this.#nextCrash = Number.POSITIVE_INFINITY;
    for (const worker of [...this.#crew]) {
      if (worker.crashAt <= at) {
        this.#crashed++;
        this.#dismiss(worker);
      } else {
        this.#nextCrash = Math.min(this.#nextCrash, worker.crashAt);
      }
    }
  }
}
