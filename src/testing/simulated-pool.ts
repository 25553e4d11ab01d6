import type { Clock } from '../clock.ts';
import type { ReplicaPoolAdapter, StartRequest, StopRequest, WorkerPoolAdapter } from '../core/adapter.ts';
import type { PoolObservation, WorkerId, WorkerObservation, WorkerState } from '../core/observation.ts';
import { InvalidOptionError } from '../errors.ts';
import { atLeast, positive, share, wholeNumber } from './check.ts';
import { type Distribution, toDistribution } from './distributions.ts';
import { ExactEngine } from './exact-engine.ts';
import { FlowEngine, flowStep } from './flow-engine.ts';
import type { JobEngine, JobTotals } from './job-engine.ts';
import { Random } from './random.ts';
import { simulatedReplicas } from './simulated-replicas.ts';
import type { Workload } from './workload.ts';

/** All durations in ms; where a `Distribution` may be given, a plain number is a constant. */
export interface SimulatedPoolOptions {
  /** Who owns time; a `VirtualClock`, or the system's for a pool that behaves in real time. */
  readonly clock: Clock;
  readonly workload: Workload;
  /** From a job's start to its end. Default 500. */
  readonly serviceTimeMs?: number | Distribution;
  /** Jobs that one worker runs at once. Default 1. */
  readonly slotsPerWorker?: number;
  /** From the call to `startWorker` until the worker serves. Default 30 000. */
  readonly startupMs?: number | Distribution;
  /** What a start without `skipWarmup` takes on top. Default 0. */
  readonly warmupMs?: number | Distribution;
  /** Share of the starts that fail when they should be ready. Default 0. */
  readonly startFailureRatio?: number;
  /** Share of the starts that never end, until they are aborted. Default 0. */
  readonly startHangRatio?: number;
  /** Crashes of a ready worker per hour that it lives. Default 0. */
  readonly crashesPerHour?: number;
  /** Share of the jobs that fail. Default 0. */
  readonly jobFailureRatio?: number;
  /** What becomes of the jobs of a worker that crashes or is stopped at once. Default `lose`. */
  readonly interruptedJobs?: 'lose' | 'requeue';
  /** Workers that are ready at the begin. Default 1. */
  readonly initialWorkers?: number;
  /**
   * `jobs`: every job on its own, exact; for minutes and hours, or low rates. `flow`: batches in steps of the
   * service time; for days of short jobs at high rates. Default `jobs`.
   */
  readonly fidelity?: 'jobs' | 'flow';
  /** Longest step of `flow`, ms. Default 1000; see `flowStep`. */
  readonly stepMs?: number;
  /** A job that waits longer than this is late. Default 2000. */
  readonly objectiveMs?: number;
  /** Report single workers in `observe`. Default true. */
  readonly reportWorkers?: boolean;
  /** The same seed gives the same arrivals, whatever the pool's size does. Default 1. */
  readonly seed?: number;
}

interface SimulatedWorker {
  readonly id: WorkerId;
  readonly index: number;
  state: WorkerState;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Pool time, ms. */
  crashAt: number;
}

type RecentMeans = Pick<PoolObservation, 'waitTimeMs' | 'serviceTimeMs' | 'responseTimeMs'>;

const HOUR_MS = 3_600_000;

/**
 * A worker pool that exists in numbers only: jobs arrive as a workload says, wait in one queue and are served by
 * workers that take their time to start, and may fail to. It implements the adapter of a real pool, so whatever
 * scales a real pool can scale it. It runs no timers of its own: each call first plays what has happened since
 * the one before.
 */
export class SimulatedPool implements WorkerPoolAdapter {
  readonly objectiveMs: number;
  readonly slotsPerWorker: number;
  readonly serviceTime: Distribution;
  readonly startup: Distribution;
  readonly workload: Workload;
  readonly #clock: Clock;
  readonly #origin: number;
  readonly #engine: JobEngine;
  readonly #warmup: Distribution;
  readonly #startFailureRatio: number;
  readonly #startHangRatio: number;
  readonly #crashesPerHour: number;
  readonly #reportWorkers: boolean;
  readonly #starts: Random;
  readonly #crashes: Random;
  readonly #workers = new Map<WorkerId, SimulatedWorker>();
  readonly #counts: Record<WorkerState, number> = { starting: 0, ready: 0, draining: 0 };
  #admitted = 0;
  #nextCrash = Number.POSITIVE_INFINITY;
  #accountedTo = 0;
  #workerMs = 0;
  #readyMs = 0;
  #busyMs = 0;
  #crashed = 0;
  #failedStarts = 0;
  #recent = { at: 0, means: {} as RecentMeans, ended: 0, serviceMs: 0, responseMs: 0, started: 0, waitMs: 0 };

  constructor(options: SimulatedPoolOptions) {
    this.#clock = options.clock;
    this.#origin = options.clock.monotonic();
    this.workload = options.workload;
    this.serviceTime = toDistribution('serviceTimeMs', options.serviceTimeMs ?? 500);
    positive('serviceTimeMs', this.serviceTime.meanMs);
    this.slotsPerWorker = wholeNumber('slotsPerWorker', options.slotsPerWorker ?? 1, 1);
    this.objectiveMs = atLeast('objectiveMs', options.objectiveMs ?? 2000, 0);
    this.startup = toDistribution('startupMs', options.startupMs ?? 30_000);
    this.#warmup = toDistribution('warmupMs', options.warmupMs ?? 0);
    this.#startFailureRatio = share('startFailureRatio', options.startFailureRatio ?? 0);
    this.#startHangRatio = share('startHangRatio', options.startHangRatio ?? 0);
    this.#crashesPerHour = atLeast('crashesPerHour', options.crashesPerHour ?? 0, 0);
    this.#reportWorkers = options.reportWorkers ?? true;
    const random = new Random(options.seed ?? 1);
    this.#starts = random.stream(1);
    this.#crashes = random.stream(2);
    this.#engine = engineFor(options, {
      workload: options.workload,
      service: this.serviceTime,
      slotsPerWorker: this.slotsPerWorker,
      objectiveMs: this.objectiveMs,
      jobFailureRatio: share('jobFailureRatio', options.jobFailureRatio ?? 0),
      requeue: options.interruptedJobs === 'requeue',
      random: random.stream(3),
    });
    const initial = wholeNumber('initialWorkers', options.initialWorkers ?? 1, 0);
    for (let i = 0; i < initial; i++) this.#ready(this.#admit());
  }

  observe(): PoolObservation {
    this.#sync();
    const { totals, queued, runningOnOpen } = this.#engine;
    return {
      ready: this.#counts.ready,
      busy: runningOnOpen / this.slotsPerWorker,
      queued,
      starting: this.#counts.starting,
      draining: this.#counts.draining,
      slotsPerWorker: this.slotsPerWorker,
      arrived: totals.arrived,
      completed: totals.completed,
      failed: totals.failed + totals.lost,
      ...this.#recentMeans(),
      ...(this.#reportWorkers && { workers: this.workers() }),
    };
  }

  async startWorker(request: StartRequest, signal: AbortSignal): Promise<WorkerId> {
    signal.throwIfAborted();
    this.#sync();
    const worker = this.#admit();
    // Always the same number of draws, so that what one start does leaves the fate of the later ones alone.
    const fate = this.#starts.next();
    const startupMs = this.startup.sample(this.#starts);
    const warmupMs = this.#warmup.sample(this.#starts);
    const hangs = fate < this.#startHangRatio;
    const fails = !hangs && fate < this.#startHangRatio + this.#startFailureRatio;
    const takesMs = hangs ? Number.POSITIVE_INFINITY : startupMs + (request.skipWarmup ? 0 : warmupMs);
    try {
      await this.#clock.sleep(takesMs, signal);
    } catch (reason) {
      this.#sync();
      this.#dismiss(worker);
      throw reason;
    }
    this.#sync();
    if (!this.#workers.has(worker.id))
      throw new Error(`simulated worker ${worker.id} was stopped while it started`);
    if (fails) {
      this.#dismiss(worker);
      this.#failedStarts++;
      throw new Error(`start of simulated worker ${worker.id} failed`);
    }
    this.#ready(worker);
    return worker.id;
  }

  async drainWorker(id: WorkerId, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#sync();
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    if (worker.state === 'starting') throw new Error(`simulated worker ${id} is still starting`);
    const idleAt = this.#close(worker);
    try {
      await this.#clock.sleep(idleAt - this.#now(), signal);
    } catch (reason) {
      this.#sync();
      if (this.#workers.has(id) && worker.state === 'draining') this.#ready(worker);
      throw reason;
    }
  }

  async stopWorker(id: WorkerId, request: StopRequest, signal: AbortSignal): Promise<void> {
    this.#sync();
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    if (request.graceful && worker.state !== 'starting') {
      const idleAt = this.#close(worker);
      // Aborted: it goes on draining, and a later stop that is not graceful ends it.
      await this.#clock.sleep(idleAt - this.#now(), signal);
      this.#sync();
    }
    this.#dismiss(worker);
  }

  /**
   * The same pool as an orchestrator would offer it: asked for a size, it starts, drains and replaces workers by
   * itself. Use either this or the pool's own methods.
   */
  replicas(): ReplicaPoolAdapter {
    return simulatedReplicas(this, this.#clock);
  }

  /** Every worker there is, in the order in which they were started. */
  workers(): WorkerObservation[] {
    this.#sync();
    const observed: WorkerObservation[] = [];
    for (const { id, index, state, startedAt } of this.#workers.values()) {
      observed.push({ id, state, startedAt, busy: state === 'starting' ? 0 : this.#engine.runningOn(index) });
    }
    return observed;
  }

  /** Ready and starting workers. */
  get size(): number {
    return this.ready + this.#counts.starting;
  }

  get ready(): number {
    this.#sync();
    return this.#counts.ready;
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
      workerSeconds: this.#workerMs / 1000,
      readySeconds: this.#readyMs / 1000,
      busySeconds: this.#busyMs / 1000,
      crashes: this.#crashed,
      failedStarts: this.#failedStarts,
    };
  }

  #now(): number {
    return this.#clock.monotonic() - this.#origin;
  }

  /** Plays what has happened up to now, crashes included. */
  #sync(): void {
    const now = this.#now();
    while (this.#nextCrash <= now) this.#crash(this.#nextCrash);
    if (now > this.#accountedTo) this.#playTo(now);
  }

  #playTo(ms: number): void {
    const elapsed = ms - this.#accountedTo;
    this.#engine.advanceTo(ms);
    this.#accountedTo = ms;
    this.#workerMs += elapsed * (this.#counts.starting + this.#counts.ready + this.#counts.draining);
    this.#readyMs += elapsed * this.#counts.ready;
    this.#busyMs = this.#engine.totals.serviceMs / this.slotsPerWorker;
  }

  #admit(): SimulatedWorker {
    const index = this.#admitted++;
    const worker: SimulatedWorker = {
      id: `w${index + 1}`,
      index,
      state: 'starting',
      startedAt: this.#clock.now(),
      crashAt: Number.POSITIVE_INFINITY,
    };
    this.#workers.set(worker.id, worker);
    this.#counts.starting++;
    return worker;
  }

  #ready(worker: SimulatedWorker): void {
    this.#move(worker, 'ready');
    this.#engine.open(worker.index);
    if (this.#crashesPerHour > 0 && worker.crashAt === Number.POSITIVE_INFINITY) {
      worker.crashAt = this.#now() + this.#crashes.exponential(HOUR_MS / this.#crashesPerHour);
      this.#nextCrash = Math.min(this.#nextCrash, worker.crashAt);
    }
  }

  /** Returns when the worker will be idle. */
  #close(worker: SimulatedWorker): number {
    this.#move(worker, 'draining');
    return this.#engine.close(worker.index);
  }

  #move(worker: SimulatedWorker, state: WorkerState): void {
    this.#counts[worker.state]--;
    this.#counts[state]++;
    worker.state = state;
  }

  #dismiss(worker: SimulatedWorker): void {
    if (!this.#workers.delete(worker.id)) return;
    this.#counts[worker.state]--;
    this.#engine.remove(worker.index);
  }

  #crash(at: number): void {
    this.#playTo(at);
    this.#nextCrash = Number.POSITIVE_INFINITY;
    for (const worker of [...this.#workers.values()]) {
      if (worker.crashAt <= at) {
        this.#crashed++;
        this.#dismiss(worker);
      } else {
        this.#nextCrash = Math.min(this.#nextCrash, worker.crashAt);
      }
    }
  }

  /** Means over the jobs since the observation before, kept for those who look again at the same time. */
  #recentMeans(): RecentMeans {
    const { at, means, ...before } = this.#recent;
    if (at === this.#accountedTo) return means;
    const totals = this.#engine.totals;
    const { ended, serviceMs, responseMs, started } = totals;
    const waitMs = totals.waits.sum;
    const fresh: RecentMeans = {
      ...(started > before.started && { waitTimeMs: (waitMs - before.waitMs) / (started - before.started) }),
      ...(ended > before.ended && {
        serviceTimeMs: (serviceMs - before.serviceMs) / (ended - before.ended),
        responseTimeMs: (responseMs - before.responseMs) / (ended - before.ended),
      }),
    };
    this.#recent = { at: this.#accountedTo, means: fresh, ended, serviceMs, responseMs, started, waitMs };
    return fresh;
  }
}

/** What a pool has cost and done, in seconds of one worker. */
export interface PoolUsage {
  /** From the call that starts a worker until it is gone: start-up and drain included. */
  readonly workerSeconds: number;
  readonly readySeconds: number;
  /** Spent on jobs that have ended. */
  readonly busySeconds: number;
  readonly crashes: number;
  readonly failedStarts: number;
}

function engineFor(
  options: SimulatedPoolOptions,
  engine: ConstructorParameters<typeof ExactEngine>[0],
): JobEngine {
  switch (options.fidelity ?? 'jobs') {
    case 'jobs':
      return new ExactEngine(engine);
    case 'flow':
      return new FlowEngine(engine, flowStep(engine.service, positive('stepMs', options.stepMs ?? 1000)));
    default:
      throw new InvalidOptionError('fidelity', 'must be jobs or flow', options.fidelity);
  }
}
