import type { Decision } from '../core/decision.ts';
import { positive, wholeNumber } from './check.ts';
import { ElasticityMeter } from './elasticity.ts';
import { neededWorkers } from './needed-workers.ts';
import { oracle, score } from './oracle.ts';
import type { SimulationReport } from './report.ts';
import type { SimulatedPool } from './simulated-pool.ts';
import { SizeChangeMeter } from './size-changes.ts';
import { type Sample, SeriesRecorder } from './time-series.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { erlangsPerUnit, meanLoad } from './workload.ts';

/** Whatever scales the pool: it is called once every interval. */
export interface Control {
  tick(): unknown;
  /** Called once after the last tick; time moves on while it waits. */
  stop?(): unknown;
}

export interface DriveOptions {
  readonly pool: SimulatedPool;
  /** The clock that the pool was made with. */
  readonly clock: VirtualClock;
  readonly control: Control;
  readonly durationMs: number;
  /** Time between two ticks, ms. Default 15 000. */
  readonly intervalMs?: number;
  /** For the report. */
  readonly name?: string;
  readonly seed?: number;
  /** Filled by the control while it runs; becomes part of the report. */
  readonly decisions?: readonly Decision[];
  /** Most points of the report's time series. Default 2000. */
  readonly seriesPoints?: number;
  /** Told now and then how much of the run is done, 0..1. */
  readonly onProgress?: (doneRatio: number) => void;
  /** Ends the run early; `drive` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Ticks between two breaths for the event loop (progress, abort): a few tens of milliseconds. */
const TICKS_PER_BREATH = 1024;

/**
 * Runs a simulated pool under any control, tick by tick through virtual time, and measures it. `simulate` puts a
 * `ScalingController` here; give it a function to compare with something else:
 *
 * ```ts
 * const replicas = pool.replicas();
 * const report = await drive({
 *   pool, clock, durationMs: 3_600_000,
 *   control: { tick: () => replicas.scaleTo(Math.ceil(pool.running / 0.7), signal) },
 * });
 * ```
 */
export async function drive(options: DriveOptions): Promise<SimulationReport> {
  const { pool, clock, control, signal } = options;
  const intervalMs = positive('intervalMs', options.intervalMs ?? 15_000);
  const durationMs = positive('durationMs', options.durationMs);
  const ticks = Math.max(1, Math.round(durationMs / intervalMs));
  const series = new SeriesRecorder(
    ticks,
    intervalMs,
    wholeNumber('seriesPoints', options.seriesPoints ?? 2000, 1),
  );
  const loads = new Float64Array(ticks);
  const elasticity = new ElasticityMeter();
  const changes = new SizeChangeMeter();
  const toWorkers = erlangsPerUnit(pool.workload, pool.serviceTime.meanMs, pool.slotsPerWorker);
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  let sum = 0;
  let started = 0;
  let waited = 0;

  for (let tick = 0; tick < ticks; tick++) {
    if (tick % TICKS_PER_BREATH === 0) {
      options.onProgress?.(tick / ticks);
      await breathe();
      signal?.throwIfAborted();
    }
    const before = pool.size;
    const acted = control.tick();
    if (acted instanceof Promise) await acted;
    const size = pool.size;
    changes.add(tick * intervalMs, before, size);
    await clock.advance(intervalMs);

    const load = meanLoad(pool.workload, tick * intervalMs, (tick + 1) * intervalMs) * toWorkers;
    const needed = neededWorkers(load);
    const ready = pool.ready;
    const { totals } = pool;
    const sample: Sample = {
      load,
      needed,
      ready,
      size: pool.size,
      queued: pool.queued,
      waitMs: totals.started > started ? (totals.waits.sum - waited) / (totals.started - started) : 0,
    };
    started = totals.started;
    waited = totals.waits.sum;
    loads[tick] = load;
    series.add(tick, sample);
    elasticity.add(needed, ready);
    min = Math.min(min, size);
    max = Math.max(max, size);
    sum += size;
  }

  const { totals, queued, running, lateInQueue } = pool;
  const usage = pool.usage();
  const waits = totals.waits;
  const waitMs = {
    mean: waits.mean,
    p50: waits.percentile(0.5),
    p90: waits.percentile(0.9),
    p95: waits.percentile(0.95),
    p99: waits.percentile(0.99),
    max: waits.max,
  };
  const jobs = {
    arrived: totals.arrived,
    completed: totals.completed,
    failed: totals.failed,
    lost: totals.lost,
    running,
    waiting: queued,
  };
  const lateRatio = (totals.late + lateInQueue) / Math.max(1, totals.started + lateInQueue);
  const best = oracle(loads, intervalMs, pool.startup.meanMs).workerSeconds;
  const end = pool.size;
  await stop(control, clock);
  options.onProgress?.(1);

  return {
    name: options.name ?? 'pool',
    workload: pool.workload.name,
    durationMs: ticks * intervalMs,
    intervalMs,
    ticks,
    seed: options.seed ?? 1,
    jobs,
    waitMs,
    objectiveMs: pool.objectiveMs,
    lateRatio,
    workers: {
      min,
      mean: sum / ticks,
      max,
      end,
      crashes: usage.crashes,
      failedStarts: usage.failedStarts,
    },
    workerHours: usage.workerSeconds / 3600,
    utilization: usage.readySeconds > 0 ? Math.min(1, usage.busySeconds / usage.readySeconds) : 0,
    changes: changes.result(),
    elasticity: elasticity.result(),
    oracleWorkerHours: best / 3600,
    costRatio: usage.workerSeconds / best,
    score: score({ workerSeconds: usage.workerSeconds, oracleWorkerSeconds: best, lateRatio }),
    decisions: options.decisions ?? [],
    series: series.result(),
  };
}

/** A stop waits for drains and deadlines, so time has to move on for it. */
async function stop(control: Control, clock: VirtualClock): Promise<void> {
  const stopped = control.stop?.();
  if (!(stopped instanceof Promise)) return;
  let settled = false;
  const whenSettled = stopped.finally(() => {
    settled = true;
  });
  for (let more = true; more; ) {
    await breathe();
    more = !settled && (await clock.advanceToNext());
  }
  await whenSettled;
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
